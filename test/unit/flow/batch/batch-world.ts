import assert from "node:assert/strict";
import type { Received } from "../../../../src/domain/queue/message.ts";
import type { TargetBatch } from "../../../../src/domain/target/target.ts";
import { functionRef } from "../../../../src/domain/target/target.ts";
import { BatchedCalls } from "../../../../src/flow/batch/batched-calls.ts";
import { Callee } from "../../../../src/flow/functions/callee.ts";
import { sampleDelivery } from "../../../support/sample.ts";

const NEVER = new AbortController().signal;

/** Runs what has been resolved. */
export async function turn(): Promise<void> {
  for (let turns = 0; turns < 30; turns++) await new Promise((resolve) => setImmediate(resolve));
}

/** A message to be handed over. Its key is the first letter of its id. */
export interface Given {
  readonly id: string;
  readonly target?: string;
  /** Which version of the function its rule named. */
  readonly qualifier?: string;
  /** Of its body. */
  readonly bytes?: number;
  /** What it gives its target, where that is not its body. */
  readonly payloadBytes?: number;
}

function messageOf({ id, target = "t", qualifier, bytes = 0, payloadBytes }: Given): Received {
  const detail = { key: id.charAt(0), text: "x".repeat(bytes) };
  const body = Buffer.from(JSON.stringify({ target, qualifier, payloadBytes, detail }));
  return { queue: "busbar.batch.f", id, body, headers: {}, crashes: 0 };
}

export interface BatchWorld {
  readonly batch?: Partial<TargetBatch>;
  /** What differs for each target. */
  readonly batches?: Readonly<Record<string, Partial<TargetBatch>>>;
  readonly concurrency?: number;
  readonly window?: number;
}

/** The calls of a function with batches, where time passes, calls end and connections are lost only when a test says so. */
export function world({ batch = {}, batches = {}, concurrency = 10, window = 100 }: BatchWorld = {}) {
  const calls: string[] = [];
  const running: PromiseWithResolvers<undefined>[] = [];
  const givenBack: string[] = [];
  const alone: string[] = [];
  const clock = { nowMs: 0 };
  const memory = { isFull: false };
  const windows: number[] = [];
  const sleeps = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const one = { atMs: clock.nowMs + ms, wake: resolve };
      sleeps.add(one);
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const callee = new Callee({
    destination: { kind: "function", name: "f" },
    concurrency,
    invoker: { invoke: () => Promise.reject(new Error("unused")), close: () => Promise.resolve() },
    circuitBreaker: undefined,
    isPaused: false,
    sleep,
    onCircuit: () => undefined,
    onChange: () => batched.changed(),
  });
  const batched: BatchedCalls = new BatchedCalls(
    {
      callee: () => callee,
      inFlight: memory,
      batches: {
        read: ({ id, body }) => {
          if (id.startsWith("-")) return undefined;
          const given = JSON.parse(body.toString()) as Given & { target: string };
          const { target, qualifier, payloadBytes = body.length } = given;
          const destination = functionRef("f", qualifier);
          return {
            delivery: sampleDelivery({ id, body, destination, origin: { bus: "default", rule: "r", target } }),
            batch: { size: 3, windowSeconds: 10, ...batch, ...batches[target] },
            payloadBytes,
          };
        },
        deliver: (items, end) => {
          calls.push(`${items.map(({ delivery }) => delivery.id).join(" ")}: ${end}`);
          const call = Promise.withResolvers<undefined>();
          running.push(call);
          return items.map(() => call.promise);
        },
      },
      handleAlone: ({ id }) => Promise.resolve(void alone.push(id)),
      giveBack: (messages) => Promise.resolve(void givenBack.push(...messages.map(({ id }) => id))),
      nowMs: () => clock.nowMs,
      sleep,
      pause: () => Promise.resolve(),
      onWindow: () => void windows.push(batched.window),
      onError: (error) => assert.fail(String(error)),
    },
    window,
  );
  const settled: string[] = [];
  const give = (given: Given, lost = NEVER): void => {
    batched.handle(messageOf(given), lost).then(
      () => settled.push(given.id),
      (error: unknown) => settled.push(`${given.id} ${String(error)}`),
    );
  };
  const hand = (ids: string, lost = NEVER, bytes = 0): void => {
    for (const id of ids.split(" ")) give({ id, bytes }, lost);
  };
  const pass = async (ms: number): Promise<void> => {
    clock.nowMs += ms;
    for (const one of sleeps) {
      if (one.atMs > clock.nowMs) continue;
      sleeps.delete(one);
      one.wake();
    }
    await turn();
  };
  return { batched, callee, calls, running, givenBack, alone, memory, windows, settled, clock, give, hand, pass };
}
