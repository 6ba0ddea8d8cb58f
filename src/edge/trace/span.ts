import type { SpanRef } from "../../domain/event/trace.ts";
import { readTraceparent } from "../../domain/event/trace.ts";

export type SpanKind = "server" | "client" | "producer" | "consumer";

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Something that happened, at one moment of a span. */
export interface SpanEvent {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly attributes: SpanAttributes;
}

/** A span that has ended, as OpenTelemetry has it. Times are epoch milliseconds. */
export interface Span extends SpanRef {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanId?: string | undefined;
  /** Whether the parent is of another process, or of a message. */
  readonly isParentRemote?: boolean;
  readonly tracestate?: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  readonly links: readonly (SpanRef & { readonly isSampled: boolean })[];
  readonly events?: readonly SpanEvent[];
  /** Why it failed, as a word of a closed set; undefined where it did not. */
  readonly errorType?: string | undefined;
}

/** As many as OpenTelemetry's own limit. */
const LINKS_MAX = 128;

/** Links to the positions that these name, each once. What is no usable `traceparent` is left out. */
export function linksTo(traceparents: Iterable<string>): Span["links"] {
  return [...new Set(traceparents)].slice(0, LINKS_MAX).flatMap((text) => readTraceparent(text) ?? []);
}

/** SpanAttributes without those that are undefined. */
export function attributesOf(given: Readonly<Record<string, SpanAttributes[string] | undefined>>): SpanAttributes {
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, SpanAttributes[string]] => entry[1] !== undefined),
  );
}
