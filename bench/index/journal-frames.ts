import { randomUUID } from "node:crypto";
import { FrameBuilder } from "../../src/domain/journal/frame.ts";
import type { JournalRecord } from "../../src/domain/journal/records.ts";
import type { JournalFrame } from "../../src/ports/journal.ts";

const ROUTERS = ["router-1", "router-2"];
const TYPES = 20;
const FUNCTIONS = 10;
/** Of so many events one still fails, and one has become a dead letter. */
const FAILING_ONE_IN = 1_000;

/** A destination and a type that many events have. */
export const ASKED_DESTINATION = "function/work-3";
export const ASKED_TYPE = "Order 3";

/**
 * Frames of two routers with an event each millisecond: one delivery, whose first attempt fails and whose second goes
 * well, one second later. No bodies.
 *
 * @param made is called with each event's id and number.
 */
export function* journalFrames(
  events: number,
  startMs: number,
  made: (id: string, number: number) => unknown,
): Generator<JournalFrame> {
  let builders = ROUTERS.map((router) => new FrameBuilder(router, startMs));
  let position = 0;
  for (let number = 0; number < events; number++) {
    const id = randomUUID();
    made(id, number);
    for (const record of recordsOf(id, number, startMs + number)) builders[number % ROUTERS.length]?.add(record);
    for (const [index, builder] of builders.entries()) {
      if (!builder.isFull) continue;
      yield { position: ++position, bytes: builder.taken() };
      builders = builders.with(index, new FrameBuilder(ROUTERS[index] ?? "", startMs + number));
    }
  }
  for (const builder of builders) yield { position: ++position, bytes: builder.taken() };
}

function recordsOf(id: string, number: number, atMs: number): readonly JournalRecord[] {
  const deliveryId = randomUUID();
  const type = number % TYPES;
  const origin = { bus: "default", rule: `rule-${type}`, target: "target" };
  const destination = `function/work-${number % FUNCTIONS}`;
  const isFailing = number % FAILING_ONE_IN === 3;
  const isLetter = number % FAILING_ONE_IN === 13;
  const letter = { id: deliveryId, eventId: id, origin, queue: "busbar.dead-letter", reason: "server_error" };
  const failure = { reason: "server_error", message: "http://work:8080/ answered 503", statusCode: 503 };
  const attempt = {
    kind: "attempt",
    deliveryId,
    eventId: id,
    origin,
    destination,
    firstAtMs: atMs,
    invoked: true,
    records: [],
    answer: undefined,
    test: undefined,
    synchronous: undefined,
    version: undefined,
    body: undefined,
  } as const;
  return [
    {
      kind: "event",
      atMs,
      id,
      source: number % (2 * 250_000) === 7 ? "seldom" : "shop",
      type: `Order ${type}`,
      bytes: 1_024,
      routed: {
        bus: "default",
        rules: [{ bus: "default", rule: origin.rule }],
        ruleCount: 1,
        published: [{ id: deliveryId, origin, to: destination }],
        publishedCount: 1,
        letters: [],
        letterCount: 0,
      },
      principal: "shop",
      body: undefined,
      traceparent: undefined,
      fields: undefined,
    },
    {
      ...attempt,
      atMs: atMs + 9,
      attempt: 1,
      startedAtMs: atMs + 2,
      callMs: 6.5,
      failure,
      verdict: "retry",
      nextAtMs: atMs + 1_009,
      letters: [],
      statusCode: undefined,
    },
    {
      ...attempt,
      atMs: atMs + 1_030,
      attempt: 2,
      startedAtMs: atMs + 1_014,
      callMs: 15.25,
      failure: isFailing || isLetter ? failure : undefined,
      verdict: isFailing ? "retry" : isLetter ? "failed" : "done",
      nextAtMs: isFailing ? atMs + 3_030 : undefined,
      letters: isLetter ? [letter] : [],
      statusCode: isFailing || isLetter ? undefined : 200,
    },
  ];
}
