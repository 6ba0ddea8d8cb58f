import type { Message } from "../../../src/domain/queue/message.ts";
import type { Config } from "../../../src/domain/config.ts";
import type { Delivery } from "../../../src/domain/delivery/delivery.ts";
import { deliveryMessage } from "../../../src/domain/delivery/delivery-message.ts";
import type { Invocation } from "../../../src/ports/functions/functions.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import { createDeliver } from "../../../src/flow/deliver/deliver.ts";
import { destinationQueue } from "../../../src/domain/queue/configured-queues.ts";
import { RecordingObserver } from "../observe/recording-observer.ts";
import { IDENTITY } from "../sample.ts";
import { ScriptedStorage } from "../store/scripted-storage.ts";

export interface JourneyOptions {
  /** The configuration at a time, milliseconds after the acceptance. */
  readonly config: (atMs: number) => Config;
  readonly destination: Delivery["destination"];
  readonly outcome: (invocation: Invocation) => Outcome;
  /** The jitter, in [0, 1). */
  readonly random?: number;
  /** How long a call takes. */
  readonly callMs?: number;
  /** How old the event is when its first attempt comes up. */
  readonly waitedMs?: number;
}

export interface Journey {
  /** When the destination was called, seconds after the acceptance. */
  readonly callsAt: readonly number[];
  /** When a router had the delivery in its hands, whether it called or not. */
  readonly attemptsAt: readonly number[];
  readonly invocations: readonly Invocation[];
  /** When it was settled for good. */
  readonly endedAt: number;
  /** What was stored in other queues. */
  readonly ends: readonly Message[];
}

const ACCEPTED_AT_MS = Date.parse("2026-01-02T03:04:05.678Z");

/** Takes one delivery from its first attempt to its end, on a broker that delays to the millisecond and a clock that skips the waits. */
export async function journey(options: JourneyOptions): Promise<Journey> {
  const { config, destination, outcome, random = 0.5, callMs = 0, waitedMs = 0 } = options;
  let sinceMs = waitedMs;
  const queue = destinationQueue(destination, config(0));
  const storage = new ScriptedStorage();
  const invocations: Invocation[] = [];
  const callsAt: number[] = [];
  const attemptsAt: number[] = [];
  const never = new AbortController().signal;
  const deliver = createDeliver({
    pause: () => Promise.resolve(),
    broker: storage,
    config: () => config(sinceMs),
    identity: IDENTITY,
    observer: new RecordingObserver(),
    newId: () => "new-id",
    nowMs: () => ACCEPTED_AT_MS + sinceMs,
    random: () => random,
    sleep: () => Promise.reject(new Error("this broker stores everything")),
    abandon: never,
    leave: never,
  });
  const call = (invocation: Invocation): Promise<Outcome> => {
    invocations.push(invocation);
    callsAt.push(sinceMs / 1_000);
    sinceMs += callMs;
    return Promise.resolve(outcome(invocation));
  };
  let next: Message | undefined = firstMessage(destination, queue);
  while (next !== undefined) {
    attemptsAt.push(sinceMs / 1_000);
    const stored = storage.stored.length;
    await deliver({ ...next, crashes: 0 }, call);
    next = storage.stored.slice(stored).find((message) => message.queue === queue);
    if (next !== undefined) sinceMs += storage.delaysMs.at(-1) ?? 0;
  }
  const ends = storage.stored.filter((message) => message.queue !== queue);
  return { callsAt, attemptsAt, invocations, endedAt: sinceMs / 1_000, ends };
}

function firstMessage(destination: Delivery["destination"], queue: string): Message {
  const counts = { attempt: 1, countedRetries: 0, hops: 0, suspicions: 0 };
  const origin = { bus: "default", rule: "r", target: "t" };
  const body = Buffer.from('{"id":"e-1","source":"shop","detail":{"total":1.0}}');
  return deliveryMessage({ id: "d-1", destination, origin, body, firstAtMs: ACCEPTED_AT_MS, ...counts }, queue);
}
