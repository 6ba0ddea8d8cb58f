import { FrameBuilder } from "../../../../src/domain/journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../../../src/domain/journal/records.ts";
import type { ReadableJournal } from "../../../../src/flow/replay/undelivered/read-successes.ts";
import type { JournalFrame } from "../../../../src/ports/journal.ts";

/** A journal in memory, with a frame for each record. */
export class JournalInMemory implements ReadableJournal {
  readonly #frames: JournalFrame[] = [];
  #onFrame: (() => void) | undefined;
  isOn = true;
  /** Whether frames were deleted before they could be read. */
  isShortened = false;
  /** What is left of the marks that somebody writes. */
  marksLost = 0;
  opened = 0;
  closed = 0;

  write(record: JournalRecord, router = "one"): void {
    const builder = new FrameBuilder(router, 0);
    builder.add(record);
    this.#frames.push({ position: this.#frames.length, bytes: builder.taken() });
    this.#onFrame?.();
  }

  mark(id: string): void {
    if (this.marksLost-- <= 0) this.write({ kind: "mark", atMs: 0, id });
  }

  open(): ReturnType<ReadableJournal["open"]> {
    if (!this.isOn) return undefined;
    this.opened += 1;
    return Promise.resolve({
      read: (_start, listener, onLost) => {
        if (this.isShortened) onLost();
        let at = 0;
        this.#onFrame = () => {
          void listener(this.#frames.slice(at));
          at = this.#frames.length;
        };
        this.#onFrame();
        return { end: () => Promise.resolve((this.#onFrame = undefined)) };
      },
      close: () => Promise.resolve(void (this.closed += 1)),
    });
  }
}

/** That an event was put on the default bus, and which queues have it. */
export function acceptedRecord(
  id: string,
  atMs: number,
  published: RecordOf<"event">["routed"]["published"] = [],
  publishedCount = published.length,
): RecordOf<"event"> {
  const routed = { bus: "default", rules: [], ruleCount: 0, published, publishedCount, letters: [], letterCount: 0 };
  const nothing = { principal: undefined, body: undefined, traceparent: undefined, fields: undefined };
  return { kind: "event", atMs, id, source: "shop", type: "t", bytes: 1, routed, ...nothing };
}

/** That an event came to a target, unless it says otherwise. */
export function attemptRecord(
  eventId: string,
  { bus = "default", rule, target }: { readonly bus?: string; readonly rule: string; readonly target: string },
  firstAtMs: number,
  verdict: "done" | "retry" | "failed" = "done",
): JournalRecord {
  const failure = { reason: "connection", message: "refused", statusCode: undefined };
  return {
    kind: "attempt",
    atMs: firstAtMs + 1,
    deliveryId: "d",
    eventId,
    origin: { bus, rule, target },
    destination: "function/f",
    attempt: 1,
    firstAtMs,
    startedAtMs: firstAtMs,
    callMs: 1,
    invoked: true,
    failure: verdict === "done" ? undefined : failure,
    verdict,
    nextAtMs: undefined,
    letters: [],
    records: [],
    statusCode: undefined,
    answer: undefined,
    body: undefined,
    test: undefined,
    synchronous: undefined,
    version: undefined,
  };
}
