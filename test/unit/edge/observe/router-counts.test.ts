import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AttemptFacts, EntryFacts, PutFacts } from "../../../../src/domain/facts.ts";
import { RouterCounts } from "../../../../src/edge/observe/counting/routers/router-counts.ts";
import { sampleDelivery } from "../../../support/sample.ts";

const FUNCTION = { kind: "function", name: "f" } as const;
const FAILURE = { ok: false, reason: "server_error", message: "answered 503" } as const;

const entry = (outcome: string, isMatched: boolean): EntryFacts => ({
  bus: "default",
  outcome,
  matched: isMatched ? [{ bus: "default", rule: "r" }] : [],
  published: [],
  deadLetters: [],
});
const put = (...entries: readonly EntryFacts[]): PutFacts => ({ outcome: "accepted", seconds: 0, entries });
const attempt = (ok: boolean): AttemptFacts =>
  ({ delivery: sampleDelivery({ destination: FUNCTION }), outcome: ok ? { ok: true } : FAILURE }) as AttemptFacts;

describe("What a router counts for its status", () => {
  it("begins anew each time that it is taken", () => {
    const counts = new RouterCounts(() => 7);
    const { observer } = counts;
    observer.put?.(put(entry("accepted", true), entry("accepted", false), entry("InvalidArgument", false)));
    observer.attempt?.(attempt(true));
    observer.attempt?.(attempt(false));
    const first = counts.take();
    assert.deepEqual(first.counts, { accepted: 2, matched: 1, unmatched: 1, delivered: 1, failing: 1 });
    assert.deepEqual(first.destinations.get("function/f"), {
      circuit: "closed",
      callsInFlight: 0,
      delivered: 1,
      failing: 1,
    });
    const second = counts.take();
    assert.deepEqual(second.counts, { accepted: 0, matched: 0, unmatched: 0, delivered: 0, failing: 0 });
    assert.equal(second.destinations.size, 0, "a destination of which there is nothing to say");
  });

  it("has the events that schedules put on buses", () => {
    const counts = new RouterCounts(() => 7);
    const fact = { schedule: "s", to: { kind: "event-bus", name: "default" }, dueMs: 1, firedAtMs: 2 } as const;
    counts.observer.scheduleFired?.({ ...fact, routed: [entry("accepted", true)], deadLetters: [] });
    counts.observer.scheduleFired?.({ ...fact, routed: [], deadLetters: [] });
    const { accepted, matched, unmatched } = counts.take().counts;
    assert.deepEqual([accepted, matched, unmatched], [1, 1, 0]);
  });

  it("has calls in flight and circuits as long as they last", () => {
    let nowMs = 10;
    const counts = new RouterCounts(() => nowMs);
    const { observer } = counts;
    const delivery = sampleDelivery({ destination: FUNCTION });
    const taken = () => counts.take().destinations.get("function/f");
    observer.invocationStarted?.(delivery);
    observer.circuit?.({ destination: FUNCTION, state: "open", failure: FAILURE });
    const open = { circuit: "open", circuitSinceMs: 10, cause: "answered 503", delivered: 0, failing: 0 };
    assert.deepEqual(taken(), { ...open, callsInFlight: 1 });
    observer.invocationEnded?.(delivery);
    nowMs = 20;
    observer.circuit?.({ destination: FUNCTION, state: "half-open" });
    assert.deepEqual(taken(), { ...open, circuit: "half-open", circuitSinceMs: 20, callsInFlight: 0 });
    observer.circuit?.({ destination: FUNCTION, state: "closed" });
    assert.deepEqual(taken(), { circuit: "closed", callsInFlight: 0, delivered: 0, failing: 0 });
    assert.equal(taken(), undefined);
  });
});
