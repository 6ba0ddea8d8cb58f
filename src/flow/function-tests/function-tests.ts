import { waitFor } from "../../async/time-limit.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { deliveryMessage } from "../../domain/delivery/delivery-message.ts";
import type { TestFacts } from "../../domain/facts.ts";
import { functionQueue, functionQueueKind } from "../../domain/queue/queues.ts";
import type { FunctionConfig } from "../../domain/target/function.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import type { FunctionTests, TestOptions, TestReports, TestResult } from "../../ports/admin/function-tests.ts";
import type { CallOutputs } from "../functions/call-outputs.ts";
import type { TestMessage } from "./test-message.ts";
import { decodeTestMessage, encodeTestMessage } from "./test-message.ts";
import { NOT_TAKEN, testResultOf, UNANSWERED } from "./test-result.ts";

/** Tests that one router waits for at once. */
export const TESTS_AT_ONCE_MAX = 16;
/** How long the first word of the router that took a test may be on its way. */
const RELAY_MS = 2_000;
/** Besides twice the function's time-out, which is the longest that a container may take: to start a process, and to relay. */
const CALL_MS = 15_000;

export interface FunctionTestsOptions {
  readonly broker: Broadcast & Pick<Publisher, "publish">;
  readonly outputs: CallOutputs;
  readonly newId: () => string;
  readonly nowMs: () => number;
  /** The broker did not take a result. */
  readonly onError: (error: Error) => void;
}

/** A test that somebody waits for at this router. */
interface Waiting {
  readonly began: PromiseWithResolvers<undefined>;
  readonly ended: PromiseWithResolvers<TestResult>;
}

/**
 * Tests of functions: those that are waited for at this router, and those that it has in hand for any router. A test
 * travels as a message in the function's own queue, so that concurrency, circuit and pause hold for it. Its result goes
 * straight to the router that waits, by the address in the message.
 */
export class RoutersFunctionTests implements FunctionTests, TestReports {
  readonly #options: FunctionTestsOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: FunctionTestsOptions) {
    this.#options = options;
    options.broker.onBroadcast((body) => this.#receive(body));
  }

  async test(fn: FunctionConfig, payload: Buffer, options: TestOptions): Promise<TestResult | "full"> {
    const { broker, newId } = this.#options;
    const { address } = broker;
    if (address === undefined) throw new PublishError([{ index: 0, reason: "disconnected" }]);
    if (this.#waiting.size >= TESTS_AT_ONCE_MAX) return "full";
    const id = newId();
    const waiting = { began: Promise.withResolvers<undefined>(), ended: Promise.withResolvers<TestResult>() };
    this.#waiting.set(id, waiting);
    try {
      const delivery = this.#deliveryOf(id, fn, payload, { from: address, waitMs: options.waitMs });
      await broker.publish([deliveryMessage(delivery, functionQueue(fn.name, functionQueueKind(fn)))]);
      options.reached("waiting", id);
      return await resultOf(waiting, fn, options, id);
    } finally {
      this.#waiting.delete(id);
    }
  }

  #deliveryOf(
    id: string,
    fn: FunctionConfig,
    payload: Buffer,
    { from, waitMs }: { readonly from: string; readonly waitMs: number },
  ): Delivery {
    const firstAtMs = this.#options.nowMs();
    return {
      id,
      destination: { kind: "function", name: fn.name },
      body: payload,
      rendered: {},
      attempt: 1,
      countedRetries: 0,
      firstAtMs,
      hops: 0,
      suspicions: 0,
      test: { from, untilMs: firstAtMs + waitMs },
    };
  }

  began(delivery: Delivery): void {
    this.#options.outputs.begin(delivery.id, "output");
    void this.#send(delivery, { type: "began", id: delivery.id });
  }

  gone({ id }: Delivery): void {
    this.#options.outputs.forget(id);
  }

  ended(facts: TestFacts): void {
    void this.#end(facts);
  }

  async #end(facts: TestFacts): Promise<void> {
    const { id } = facts.delivery;
    const result = testResultOf(facts, await this.#options.outputs.end(id));
    await this.#send(facts.delivery, { type: "ended", id, result });
  }

  async #send({ test }: Delivery, message: TestMessage): Promise<void> {
    try {
      await this.#options.broker.send(test?.from ?? "", encodeTestMessage(message));
    } catch (cause) {
      this.#options.onError(new Error("a test's result could not be sent to the router that waits for it", { cause }));
    }
  }

  #receive(body: Buffer): void {
    // Nearly every broadcast is about something else.
    const message = this.#waiting.size === 0 ? undefined : decodeTestMessage(body);
    const waiting = message && this.#waiting.get(message.id);
    if (waiting === undefined) return;
    if (message?.type === "ended") waiting.ended.resolve(message.result);
    waiting.began.resolve(undefined);
  }
}

/** Waits for the first word of a router, and then for the result. */
async function resultOf(
  { began, ended }: Waiting,
  { timeoutSeconds }: FunctionConfig,
  { waitMs, signal, reached }: TestOptions,
  id: string,
): Promise<TestResult> {
  const isTaken = began.promise.then(() => true);
  if ((await waitFor(isTaken, waitMs + RELAY_MS, { signal })) === undefined) return NOT_TAKEN;
  reached("calling", id);
  return (await waitFor(ended.promise, 2_000 * timeoutSeconds + CALL_MS, { signal })) ?? UNANSWERED;
}
