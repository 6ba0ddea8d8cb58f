import type { SpanRef, TraceContext } from "./trace.ts";

/** The spans of a put request that is recorded: its own, which `SpanRef` names, and those within it. */
export interface PutSpans extends SpanRef {
  /** Of the storing of all its events. */
  readonly sendSpanId: string;
  readonly tracestate?: string;
  /** By the place of the entry in the request; none for an entry that is of no interest. */
  readonly entries: ReadonlyMap<number, EntrySpan>;
}

export interface EntrySpan {
  /** Set where the entry has a span of its own, which is the parent of all that comes of it. */
  readonly createSpanId?: string;
  /** What the entry said of its trace, where nobody relies on that. */
  readonly claimed?: TraceContext;
}
