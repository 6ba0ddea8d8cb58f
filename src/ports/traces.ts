import type { AttemptTrace } from "../domain/delivery/attempt-trace.ts";
import type { Delivery } from "../domain/delivery/delivery.ts";
import type { PutSpans } from "../domain/event/put-spans.ts";
import type { TraceContext } from "../domain/event/trace.ts";

/** A put request as it arrives, with what is known of it once its sender is proven. */
export interface PutRequest {
  readonly operation: "PutEvents" | "CloudEvents";
  readonly method: string;
  /** The path as the API names it: `/event-buses/:bus/events`. */
  readonly route: string;
  readonly isTls: boolean;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  /** Of its headers. */
  readonly context: TraceContext | undefined;
  /** Whether its sender may say which traces are recorded. Called only where the sender says so. */
  readonly isTrusted: () => boolean;
}

/** What the trace of an entry depends on. */
export interface TracedEntry {
  /** Set where its sender chose it. */
  readonly id?: string;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** The trace of a put request. */
export interface PutTrace {
  /** Set where the request is recorded. */
  readonly spans: PutSpans | undefined;
  /**
   * What the event of an entry carries, and with it all that comes of the event; undefined for nothing.
   *
   * @param index the entry's place in the request, of `count`.
   */
  contextOf(entry: TracedEntry, index: number, count: number): TraceContext | undefined;
  /** @param statusCode of the answer; undefined where the caller was gone. */
  answered(statusCode: number | undefined): void;
}

/** Gives everything its place in a trace, before it happens. Draws ids, and records nothing. */
export interface Traces {
  beginPut(request: PutRequest): PutTrace;
  /** Undefined where nothing is recorded: the target then gets what the event carries. */
  beginAttempt(delivery: Delivery, nowMs: number): AttemptTrace | undefined;
}
