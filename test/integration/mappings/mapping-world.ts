import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleepFor } from "node:timers/promises";
import type { Config } from "../../../src/domain/config.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import { declarationsOf } from "../../../src/domain/queue/configured-queues.ts";
import { shownMessage } from "../../../src/edge/aws/services/sqs/messages/shown-message.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { Callees } from "../../../src/flow/functions/callees.ts";
import { Mappings } from "../../../src/flow/mappings/mappings.ts";
import { RouterQueues } from "../../../src/flow/queues/message-queues.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { MappingObserver } from "../../../src/ports/observer.ts";
import { load } from "../../support/config-folder.ts";
import { NO_QUEUE_OBSERVER } from "../../support/no-queue-observer.ts";

const IDENTITY = { accountId: "000000000000", region: "us-east-1" };
const ALL = { systemAttributes: new Set(["All"]), messageAttributes: ["All"] };
export const OK: Outcome = { ok: true, statusCode: 200 };
export const FAILED: Outcome = { ok: false, reason: "function_error", message: "no" };

/** The bodies of a batch's messages. */
export type Handle = (bodies: readonly string[], payload: string) => Outcome | Promise<Outcome>;

/** Mappings on the embedded broker, with functions that are here. */
export class MappingWorld {
  readonly batches: (readonly string[])[] = [];
  readonly payloads: string[] = [];
  readonly facts: string[] = [];
  readonly errors: unknown[] = [];
  liveRouters = 1;
  readonly inFlight = new InFlightBytes(64 * 1_048_576);
  readonly broker: Broker;
  readonly #paused = new Set<string>();
  readonly #pauseListeners: ((label: string) => void)[] = [];
  readonly #callees: Callees;
  readonly #mappings: Mappings;
  #config: Config | undefined;

  private constructor(broker: Broker, handle: Handle) {
    this.broker = broker;
    const process = {
      nowMs: Date.now,
      newId: randomUUID as () => string,
      random: () => 0,
      sleep: (ms: number, signal: AbortSignal) => sleepFor(ms, undefined, { signal }),
      noticeFreeze: ignore,
    };
    const observer = NO_QUEUE_OBSERVER;
    const queues = new RouterQueues({ broker, inFlight: this.inFlight, observer, ...process });
    const onError = (_where: string, error: unknown) => void this.errors.push(error);
    this.#callees = new Callees({
      random: process.random,
      paused: {
        isPaused: (label) => this.#paused.has(label),
        onChange: (listener) => void this.#pauseListeners.push(listener),
      },
      functionInvoker: () => ({
        invoke: async ({ payload }) => {
          const text = payload.toString();
          const bodies = bodiesOf(text);
          this.batches.push(bodies);
          this.payloads.push(text);
          return await handle(bodies, text);
        },
        close: () => Promise.resolve(),
      }),
      apiDestinationInvoker: () => assert.fail("there is none"),
      onCircuit: ignore,
      sleep: process.sleep,
      onError,
    });
    const facts: MappingObserver = {
      mappingRead: ({ records, filtered }) => void this.facts.push(`read ${records}, filtered ${filtered}`),
      mappingBatchStarted: ignore,
      mappingReading: ignore,
      mappingProgress: ignore,
      mappingGaveUp: ignore,
      mappingBatchEnded: ({ records }, fact) => void this.facts.push(`called with ${records}, failed ${fact?.failed}`),
    };
    this.#mappings = new Mappings({
      ...process,
      broker,
      streams: broker.streams,
      seedMs: 0,
      leave: new AbortController().signal,
      queues,
      callees: this.#callees,
      inFlight: this.inFlight,
      identity: IDENTITY,
      observer: facts,
      shown: (held) => shownMessage(held, ALL, IDENTITY),
      virtualHost: "/",
      liveRouters: () => this.liveRouters,
      abandon: new AbortController().signal,
      onError,
    });
  }

  static async start(t: TestContext, config: string, handle: Handle = () => OK): Promise<MappingWorld> {
    const folder = await mkdtemp(join(tmpdir(), "busbar-mappings-"));
    const broker = await openSqliteBroker({ folder, events: {} });
    const world = new MappingWorld(broker, handle);
    t.after(async () => {
      await world.stop();
      await broker.close();
      await rm(folder, { recursive: true });
    });
    await world.follow(config);
    return world;
  }

  /** Takes another configuration, YAML, over. */
  async follow(yaml: string): Promise<void> {
    const loaded = await load({ "busbar.yaml": yaml });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    this.#config = loaded.config;
    await this.broker.declare(declarationsOf(this.#config));
    await this.#callees.follow(this.#config);
    this.#mappings.follow(this.#config);
  }

  async send(queue: string, bodies: readonly string[]): Promise<void> {
    await this.broker.publish(
      bodies.map((body) => ({ queue, id: randomUUID(), body: Buffer.from(body), headers: {} })),
    );
  }

  /** Everything in a queue, by whether it is visible. */
  async left(queue: string): Promise<readonly [visible: number, invisible: number]> {
    const counts = await this.broker.holds.counts(queue);
    return [counts?.visible ?? 0, counts?.invisible ?? 0];
  }

  pause(label: string, isPaused: boolean): void {
    if (isPaused) this.#paused.add(label);
    else this.#paused.delete(label);
    for (const listener of this.#pauseListeners) listener(label);
  }

  get bodies(): readonly string[] {
    return this.batches.flat();
  }

  async stop(): Promise<void> {
    await this.#mappings.stop();
    await this.#callees.stop();
  }
}

function bodiesOf(payload: string): readonly string[] {
  const { Records = [], rmqMessagesByQueue = {} } = JSON.parse(payload) as {
    Records?: { body: string }[];
    rmqMessagesByQueue?: Record<string, { data: string }[]>;
  };
  const ofRmq = Object.values(rmqMessagesByQueue).flat();
  return [...Records.map(({ body }) => body), ...ofRmq.map(({ data }) => Buffer.from(data, "base64").toString())];
}

function ignore(): void {
  // Nobody counts here.
}
