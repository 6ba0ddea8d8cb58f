import type { Pattern } from "../../pattern/pattern.ts";
import { CALLERS_BOUNDS, parsePattern } from "../../pattern/parse/parse.ts";

/** Taps on one router at most. Every router knows the taps of all. */
export const TAPS_MAX = 20;
/** The most events that one router shows of a tap in a second. */
export const TAP_EVENTS_PER_SECOND_MAX = 200;
/** The longest pattern, in bytes of UTF-8: twice EventBridge's raised quota. */
export const TAP_PATTERN_BYTES_MAX = 16_384;

/** What a tap shows: events that are put on a bus, or a function's records there. */
export interface TapRequest {
  readonly bus: string;
  /** JSON text; undefined for every event of the bus. */
  readonly patternJson: string | undefined;
  /** On each router, 1 to `TAP_EVENTS_PER_SECOND_MAX`. */
  readonly eventsPerSecondMax: number;
  /** Whether events are shown whole, as redaction leaves them. */
  readonly isWhole: boolean;
}

/** Why an event that a tap matched is not shown, or could not be matched. */
export const TAP_LOSSES = [
  /** More matched in that second than the tap shows. */
  "rate",
  /** The next batch had 1 MiB already. */
  "bytes",
  /** Matching it took too many steps. */
  "costly",
  /** It was not looked at: the taps had taken their share of the router's time. */
  "busy",
  /** The broker did not take the batch, or was away. */
  "refused",
  /** Whoever asked reads too slowly. */
  "slow",
] as const;

export type TapLoss = (typeof TAP_LOSSES)[number];

export interface TapPattern {
  /** Undefined where everything fits. */
  readonly pattern: Pattern | undefined;
  /** Whether it asks for more of an event than a tap shows of one that is not whole. */
  readonly readsPayload: boolean;
}

/** The fields that a tap shows of every event. */
const SHOWN_FIELDS: ReadonlySet<string> = new Set([
  "version",
  "id",
  "detail-type",
  "source",
  "account",
  "time",
  "region",
]);

/**
 * Reads the pattern of a tap.
 *
 * @param json undefined for a tap without one.
 * @returns the pattern, or the parser's reason for refusing it.
 */
export function readTapPattern(
  json: string | undefined,
): ({ readonly ok: true } & TapPattern) | { readonly ok: false; readonly reason: string } {
  if (json === undefined) return { ok: true, pattern: undefined, readsPayload: false };
  if (Buffer.byteLength(json) > TAP_PATTERN_BYTES_MAX) {
    return { ok: false, reason: `It is longer than ${TAP_PATTERN_BYTES_MAX} bytes` };
  }
  const parsed = parsePattern(json, CALLERS_BOUNDS);
  if (!parsed.ok) return parsed;
  const fields = parsed.pattern.alternatives.flatMap((alternative) => alternative.fields);
  return { ok: true, pattern: parsed.pattern, readsPayload: fields.some(({ name }) => !SHOWN_FIELDS.has(name)) };
}
