import assert from "node:assert/strict";
import { describe } from "node:test";
import { setTimeout as sleepFor } from "node:timers/promises";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import { createDeliver } from "../../../src/flow/deliver/deliver.ts";
import { CallOutputs } from "../../../src/flow/functions/call-outputs.ts";
import { RoutersFunctionTests } from "../../../src/flow/function-tests/function-tests.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { Invocation } from "../../../src/ports/functions/functions.ts";
import { RecordingObserver } from "../../support/observe/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleFunction } from "../../support/sample.ts";
import { within } from "../waiting.ts";
import type { OpenFixture } from "./broker-case.ts";
import { brokerCases, openWithQueues, QUEUE } from "./broker-case.ts";

const FUNCTION = sampleFunction("work", { onFailure: { kind: "queue", name: "busbar.function.sentinel" } });
const OPTIONS = { waitMs: 20_000, signal: new AbortController().signal, reached: () => undefined };

/** Tests of functions, over a broker's queues and broadcasts. */
export function functionTestContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);

  describe(`${name}: tests of functions`, () => {
    brokerCase("brings a test's result to the router that waits, and leaves nothing in any queue", async (broker) => {
      const { tests, observer, invocations } = await startOn(broker, () =>
        Promise.resolve({ ok: false, reason: "client_error", message: "no", statusCode: 400 }),
      );
      const result = await within("a result", tests.test(FUNCTION, Buffer.from('[1.0,"a"]'), OPTIONS));
      assert.ok(result !== "full");
      assert.deepEqual([result.outcome, result.message, result.statusCode], ["client_error", "no", 400]);
      const [invocation] = invocations;
      assert.deepEqual([invocation?.payload.toString(), invocation?.isTest], ['[1.0,"a"]', true]);
      assert.deepEqual(observer.events, [`tested ${String(invocation?.id)} client_error`]);
      assert.equal((await broker.depth("busbar.function.sentinel"))?.ready, 0);
    });

    brokerCase("calls nobody for a test that a router had in hand when it died", async (broker, fixture) => {
      const held = Promise.withResolvers<undefined>();
      const { tests } = await startOn(broker, () => {
        held.resolve(undefined);
        return new Promise<Outcome>(() => undefined);
      });
      const lost = tests.test(FUNCTION, Buffer.from("{}"), OPTIONS);
      lost.catch(() => undefined);
      await within("it is in hand", held.promise);
      await fixture.crash(broker);

      const next = await openWithQueues(fixture);
      const after = await startOn(next, () => Promise.resolve({ ok: true, statusCode: 200 }));
      const result = await within("a result", after.tests.test(FUNCTION, Buffer.from('{"after":1}'), OPTIONS));
      assert.ok(result !== "full" && result.outcome === "success");
      assert.deepEqual(
        after.invocations.map(({ payload }) => payload.toString()),
        ['{"after":1}'],
      );
      assert.match(after.observer.events[0] ?? "", /^tested .* unknown$/);
    });
  });
}

async function startOn(broker: Broker, call: (invocation: Invocation) => Promise<Outcome>) {
  const observer = new RecordingObserver();
  const never = new AbortController().signal;
  const process = { newId: () => crypto.randomUUID(), nowMs: Date.now };
  const tests = new RoutersFunctionTests({
    broker,
    outputs: new CallOutputs(),
    ...process,
    onError: () => undefined,
  });
  const config = sampleConfig({ functions: [FUNCTION] });
  const deliver = createDeliver({
    broker,
    config: () => config,
    identity: IDENTITY,
    observer,
    tests,
    ...process,
    random: () => 0.5,
    sleep: (ms: number, signal: AbortSignal) => sleepFor(ms, undefined, { signal }),
    pause: () => Promise.resolve(),
    abandon: never,
    leave: never,
  });
  const invocations: Invocation[] = [];
  await broker.consume(QUEUE, 1, async (message) => {
    await deliver(message, (invocation) => {
      invocations.push(invocation);
      return call(invocation);
    });
  });
  return { tests, observer, invocations };
}
