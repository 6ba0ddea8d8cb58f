import type { SpanRef, TraceContext } from "../event/trace.ts";
import { traceparentOf } from "../event/trace.ts";
import type { Delivery } from "./delivery.ts";

/**
 * The place of an attempt in a trace, drawn before the call: the function gets it, and an attempt that nobody wanted
 * recorded may fail, and is recorded then.
 */
export interface AttemptTrace extends SpanRef {
  /** Of the call of the target, within the attempt. */
  readonly callSpanId: string;
  /** Of the sending of a function's record, within the attempt. */
  readonly recordSpanId: string;
  /** Whether it is recorded if it succeeds. */
  readonly isSampled: boolean;
  /** The span that it is a part of, in the same trace. */
  readonly parentSpanId?: string;
  /** Spans that it is about, in this trace or another, each as a `traceparent`. */
  readonly links: readonly string[];
  readonly tracestate?: string;
}

/** What the target is given: the call's own span is the parent of all that the target does. */
export function callContext(trace: AttemptTrace): TraceContext {
  return contextAt(trace, trace.callSpanId);
}

/** What a function's record carries. */
export function recordContext(trace: AttemptTrace): TraceContext {
  return contextAt(trace, trace.recordSpanId);
}

/** What the message of the next attempt, and a dead letter, say of the last attempt. Such an attempt has failed: it is recorded. */
export function formerAttempt(trace: AttemptTrace | undefined): Pick<Delivery, "formerAttempt"> {
  return trace === undefined ? {} : { formerAttempt: traceparentOf(trace, true) };
}

function contextAt({ traceId, isSampled, tracestate }: AttemptTrace, spanId: string): TraceContext {
  const traceparent = traceparentOf({ traceId, spanId }, isSampled);
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}
