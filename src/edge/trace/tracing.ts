import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { AttemptTrace } from "../../domain/delivery/attempt-trace.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { readTraceparent } from "../../domain/event/trace.ts";
import type { PutRequest, PutTrace, Traces } from "../../ports/traces.ts";
import { placeOfAttempt } from "./attempt-place.ts";
import type { SpanWorld } from "./attempt-spans.ts";
import { passingOn, RecordedPut, unrecorded } from "./put-place.ts";
import { requestSpan } from "./put-spans.ts";
import type { SpanIds } from "./span-ids.ts";
import type { Span } from "./span.ts";

export interface TracingOptions {
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly ids: SpanIds;
}

/** Where spans go, and which. */
export interface TraceTarget {
  /** Takes a span. It never throws, and never waits. */
  readonly write: (span: Span) => void;
  /** The share of what starts here that is recorded, 0 to 1. */
  readonly ratio: number;
  readonly identity: Identity;
  /** `messaging.system` */
  readonly system: string;
}

/**
 * Decides what is recorded in traces. Off until it has a target: then what callers bring passes through.
 *
 * What starts here is sampled by chance. What a trusted caller brings is sampled as the caller says: otherwise any
 * producer would decide what the traces cost. A failed attempt is recorded in any case.
 */
export class Tracing implements Traces {
  readonly nowMs: () => number;
  readonly #options: TracingOptions;
  #target: TraceTarget | undefined;
  #config: Config | undefined;

  constructor(options: TracingOptions) {
    this.nowMs = options.nowMs;
    this.#options = options;
  }

  writeTo(target: TraceTarget): void {
    this.#target = target;
  }

  /** The configuration that says how destinations are called. */
  follow(config: Config): void {
    this.#config = config;
  }

  /** What spans say besides the facts; undefined while nothing is recorded. */
  get world(): SpanWorld | undefined {
    if (this.#target === undefined || this.#config === undefined) return undefined;
    const { identity, system } = this.#target;
    return { config: this.#config, identity, system };
  }

  write(span: Span): void {
    this.#target?.write(span);
  }

  beginPut(request: PutRequest): PutTrace {
    const { random, ids } = this.#options;
    if (this.#target === undefined) return passingOn(request);
    const { context } = request;
    const isFollowed = context !== undefined && request.isTrusted();
    const isSampled = isFollowed
      ? readTraceparent(context.traceparent)?.isSampled === true
      : random() < this.#target.ratio;
    if (!isSampled) return unrecorded(request, ids);
    return new RecordedPut(request, isFollowed, ids, (place, statusCode) =>
      this.write(requestSpan(request, place, statusCode, this.nowMs())),
    );
  }

  beginAttempt(delivery: Delivery, nowMs: number): AttemptTrace | undefined {
    return this.#target === undefined ? undefined : placeOfAttempt(delivery, nowMs, this.#options.ids);
  }
}
