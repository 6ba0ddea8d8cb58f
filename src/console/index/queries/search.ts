import type { SQLInputValue } from "node:sqlite";
import type { Segment, SegmentRow } from "../segments/segment.ts";
import type { PageFilter } from "../../../admin-api/history-filters.ts";

/** So many rows are looked at for one answer, where not all of them are shown. */
export const EXAMINED_MAX = 10_000;
/** An answer opens no further segment after so long: with a rare name each can take some tenths of a second. */
const SEARCH_MS_MAX = 1_000;

/** A row of a segment, and where it stands among those of all. Rows have `at` and `seq`. */
export interface Placed {
  readonly segment: Segment;
  readonly row: SegmentRow;
  readonly place: RowPlace;
}

/** Where a row stands in its list. */
export interface RowPlace {
  readonly atMs: number;
  readonly segment: number;
  readonly seq: number;
}

/** A list in every segment. */
export interface Listing {
  /** What selects from rows with `at` and `seq`, without its conditions: `SELECT … FROM …`. */
  readonly select: string;
  /** `at` and `seq` where other tables have columns of these names. */
  readonly columns?: { readonly at: string; readonly seq: string };
  /** The conditions in one segment; undefined where nothing in it fits. */
  conditions(segment: Segment): readonly RowCondition[] | undefined;
  /** No row of the segment is newer; undefined where it has none. */
  newestAtMs(segment: Segment): number | undefined;
  /** No row of the segment is older; undefined where that takes as long as to look for rows. */
  oldestAtMs?(segment: Segment): number | undefined;
}

/** Rows one after the other, and in the end where the search was given up; undefined where there is no row more. */
export type Search = Generator<Placed, RowPlace | undefined>;

export interface RowCondition {
  readonly sql: string;
  readonly parameters: readonly SQLInputValue[];
}

/** A condition that a column has a name; undefined where the segment does not know it. */
export function named(segment: Segment, column: string, name: string): RowCondition | undefined {
  const number = segment.names.find(name);
  return number === undefined ? undefined : { sql: `${column} = ?`, parameters: [number] };
}

/** The conditions, or undefined where one of them cannot hold. */
export function allOf(conditions: readonly (RowCondition | undefined)[]): readonly RowCondition[] | undefined {
  return conditions.every((condition) => condition !== undefined) ? conditions : undefined;
}

/**
 * The rows of a list from all segments, the newest first: by time, then by segment, then by number. A segment is read
 * only when the rows before its newest have been taken.
 */
export function* newestFirst(
  segments: readonly Segment[],
  listing: Listing,
  filter: PageFilter,
  searchMsMax = SEARCH_MS_MAX,
): Search {
  const before = filter.before === undefined ? undefined : parsePlace(filter.before);
  const waiting = waitingSegments(segments, listing, filter, before);
  const open: { readonly rows: Generator<Placed>; head: Placed }[] = [];
  const startedAtMs = performance.now();
  try {
    for (let opened = 0; ;) {
      open.sort((a, b) => comparePlaces(b.head.place, a.head.place));
      const [first] = open;
      const next = waiting[0];
      if (next !== undefined && (first === undefined || next.newestAtMs >= first.head.place.atMs)) {
        // Each search must come to older rows than the one before.
        const isFurther = opened > 0 && next.newestAtMs < (before?.atMs ?? Infinity);
        if (isFurther && performance.now() - startedAtMs >= searchMsMax) return newestPlaceAt(next.newestAtMs);
        waiting.shift();
        opened++;
        const rows = rowsOf(next.segment, listing, filter, before);
        const head = rows.next();
        if (head.done !== true) open.push({ rows, head: head.value });
      } else if (first === undefined) {
        return undefined;
      } else {
        yield first.head;
        const head = first.rows.next();
        if (head.done === true) open.shift();
        else first.head = head.value;
      }
    }
  } finally {
    for (const { rows } of open) rows.return(undefined);
  }
}

/** The segments that can have rows of the time in question, the newest first. */
function waitingSegments(segments: readonly Segment[], listing: Listing, filter: PageFilter, before?: RowPlace) {
  const [fromMs, toMs] = rangeOf(filter, before);
  return segments
    .flatMap((segment) => {
      const newestAtMs = listing.newestAtMs(segment);
      if (newestAtMs === undefined || newestAtMs < fromMs) return [];
      const isLater = (listing.oldestAtMs?.(segment) ?? -Infinity) > toMs;
      return isLater ? [] : [{ segment, newestAtMs: Math.min(newestAtMs, toMs) }];
    })
    .sort((a, b) => b.newestAtMs - a.newestAtMs);
}

function rangeOf(filter: PageFilter, before: RowPlace | undefined): readonly [fromMs: number, toMs: number] {
  return [filter.from ?? -Infinity, Math.min(filter.to ?? Infinity, before?.atMs ?? Infinity)];
}

/** Before it are all rows of that time, and none that is newer. */
function newestPlaceAt(atMs: number): RowPlace {
  return { atMs, segment: Number.MAX_SAFE_INTEGER, seq: 0 };
}

function* rowsOf(
  segment: Segment,
  listing: Listing,
  filter: PageFilter,
  before: RowPlace | undefined,
): Generator<Placed, undefined> {
  const conditions = listing.conditions(segment);
  if (conditions === undefined) return;
  const { at, seq } = listing.columns ?? { at: "at", seq: "seq" };
  const where = [`${at} BETWEEN ? AND ?`, ...conditions.map(({ sql }) => sql)];
  const all: SQLInputValue[] = [...rangeOf(filter, before), ...conditions.flatMap((condition) => condition.parameters)];
  if (before !== undefined) {
    where.push(`(${at}, ${seq}) < (?, ?)`);
    all.push(before.atMs, seqBefore(segment, before));
  }
  const sql = `${listing.select} WHERE ${where.join(" AND ")} ORDER BY ${at} DESC, ${seq} DESC LIMIT ?`;
  for (const row of segment.iterate(sql, ...all, EXAMINED_MAX + 1)) {
    yield { segment, row, place: { atMs: Number(row["at"]), segment: segment.number, seq: Number(row["seq"]) } };
  }
}

/** Below which number a segment's rows of the place's own time come after the place. */
function seqBefore(segment: Segment, place: RowPlace): number {
  if (segment.number === place.segment) return place.seq;
  return segment.number < place.segment ? Number.MAX_SAFE_INTEGER : 0;
}

function comparePlaces(a: RowPlace, b: RowPlace): number {
  return a.atMs - b.atMs || a.segment - b.segment || a.seq - b.seq;
}

export function placeText({ atMs, segment, seq }: RowPlace): string {
  return [atMs, segment, seq].join("_");
}

/** @throws RangeError for a text that is no page's `next`. */
function parsePlace(text: string): RowPlace {
  const [atMs = Number.NaN, segment = Number.NaN, seq = Number.NaN, ...more] = text.split("_").map(Number);
  if ([atMs, segment, seq].some(Number.isNaN) || more.length > 0) {
    throw new RangeError(`"before" must be the "next" of a page, got "${text}"`);
  }
  return { atMs, segment, seq };
}
