import type { EntrySpan, PutSpans } from "../../domain/event/put-spans.ts";
import type { TraceContext } from "../../domain/event/trace.ts";
import { readTraceparent, traceparentOf } from "../../domain/event/trace.ts";
import type { PutRequest, PutTrace, TracedEntry } from "../../ports/traces.ts";
import type { SpanIds } from "./span-ids.ts";

/** Passes on what the caller brought: the entry's own context, else the request's. */
export function passingOn({ context }: Pick<PutRequest, "context">): PutTrace {
  return {
    spans: undefined,
    contextOf: (entry) => ownContext(entry) ?? context,
    answered: () => undefined,
  };
}

/** A put request whose trace nobody wants recorded. Events carry what a caller brought who is trusted. */
export function unrecorded({ context, isTrusted }: PutRequest, ids: SpanIds): PutTrace {
  return {
    spans: undefined,
    contextOf: (entry) => {
      const own = ownContext(entry);
      if ((own ?? context) !== undefined && isTrusted()) return own ?? context;
      // The id of any other event makes its trace id. This one was chosen by who put it.
      if (entry.id === undefined) return undefined;
      return { traceparent: traceparentOf({ traceId: ids.traceId(), spanId: ids.spanId() }, false) };
    },
    answered: () => undefined,
  };
}

/** Where a recorded request is in a trace. */
export interface RequestPlace {
  readonly spans: PutSpans;
  /** What a trusted caller brought, of whose span it is a part. */
  readonly parentSpanId: string | undefined;
  /** What another caller brought, as a `traceparent`. */
  readonly link: string | undefined;
}

/** A put request that is recorded: it, the storing of its events, and where there are several, each of them has a span. */
export class RecordedPut implements PutTrace {
  readonly spans: PutSpans;
  readonly #isTrusted: () => boolean;
  readonly #ids: SpanIds;
  readonly #entries = new Map<number, EntrySpan>();
  readonly #onAnswered: (place: RequestPlace, statusCode: number | undefined) => void;
  readonly #place: RequestPlace;

  /** @param followed whether it is a part of the trace that its caller brought. */
  constructor(
    { context, isTrusted }: PutRequest,
    followed: boolean,
    ids: SpanIds,
    onAnswered: (place: RequestPlace, statusCode: number | undefined) => void,
  ) {
    const caller = followed && context !== undefined ? readTraceparent(context.traceparent) : undefined;
    const tracestate = caller === undefined ? undefined : context?.tracestate;
    this.spans = {
      traceId: caller?.traceId ?? ids.traceId(),
      spanId: ids.spanId(),
      sendSpanId: ids.spanId(),
      entries: this.#entries,
      ...(tracestate === undefined ? {} : { tracestate }),
    };
    this.#place = {
      spans: this.spans,
      parentSpanId: caller?.spanId,
      link: caller === undefined ? context?.traceparent : undefined,
    };
    this.#isTrusted = isTrusted;
    this.#ids = ids;
    this.#onAnswered = onAnswered;
  }

  /** A context that a trusted caller gave an entry is passed on as it is. All others get one of this request's spans. */
  contextOf(entry: TracedEntry, index: number, count: number): TraceContext {
    const own = ownContext(entry);
    if (own !== undefined && this.#isTrusted()) return own;
    const createSpanId = count === 1 ? undefined : this.#ids.spanId();
    this.#entries.set(index, {
      ...(createSpanId === undefined ? {} : { createSpanId }),
      ...(own === undefined ? {} : { claimed: own }),
    });
    const { traceId, sendSpanId, tracestate } = this.spans;
    const traceparent = traceparentOf({ traceId, spanId: createSpanId ?? sendSpanId }, true);
    return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
  }

  answered(statusCode: number | undefined): void {
    this.#onAnswered(this.#place, statusCode);
  }
}

function ownContext({ traceparent, tracestate }: TracedEntry): TraceContext | undefined {
  if (traceparent === undefined) return undefined;
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}
