import type { SQLInputValue } from "node:sqlite";
import type { BoundedCount, ListPage } from "../../../admin-api/history.ts";
import type { Segment, SegmentRow } from "../segments/segment.ts";
import type { PageFilter } from "../../../admin-api/history-filters.ts";

const LIMIT_INITIALLY = 100;
const LIMIT_MAX = 1_000;
/** So many rows are looked at for one answer, where not all of them are shown. */
export const EXAMINED_MAX = 10_000;

/** A row of a segment, and where it stands among those of all. Rows have `at` and `seq`. */
export interface Placed {
  readonly segment: Segment;
  readonly row: SegmentRow;
  readonly place: Place;
}

interface Place {
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
}

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
export function* newestFirst(segments: readonly Segment[], listing: Listing, filter: PageFilter): Generator<Placed> {
  const before = filter.before === undefined ? undefined : parsePlace(filter.before);
  const waiting = segments
    .flatMap((segment) => {
      const newestAtMs = listing.newestAtMs(segment);
      return newestAtMs === undefined ? [] : [{ segment, newestAtMs }];
    })
    .sort((a, b) => b.newestAtMs - a.newestAtMs);
  const open: { readonly rows: Generator<Placed>; head: Placed }[] = [];
  try {
    for (;;) {
      open.sort((a, b) => comparePlaces(b.head.place, a.head.place));
      const [first] = open;
      const next = waiting[0];
      if (next !== undefined && (first === undefined || next.newestAtMs >= first.head.place.atMs)) {
        waiting.shift();
        const rows = rowsOf(next.segment, listing, filter, before);
        const head = rows.next();
        if (head.done !== true) open.push({ rows, head: head.value });
      } else if (first === undefined) {
        return;
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

function* rowsOf(segment: Segment, listing: Listing, filter: PageFilter, before?: Place): Generator<Placed> {
  const conditions = listing.conditions(segment);
  if (conditions === undefined) return;
  const { at, seq } = listing.columns ?? { at: "at", seq: "seq" };
  const where = [`${at} BETWEEN ? AND ?`, ...conditions.map(({ sql }) => sql)];
  const parameters = [filter.from ?? -Infinity, Math.min(filter.to ?? Infinity, before?.atMs ?? Infinity)];
  const all: SQLInputValue[] = [...parameters, ...conditions.flatMap((condition) => condition.parameters)];
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
function seqBefore(segment: Segment, place: Place): number {
  if (segment.number === place.segment) return place.seq;
  return segment.number < place.segment ? Number.MAX_SAFE_INTEGER : 0;
}

/** A page of what is shown of the rows. Rows for which `show` gives undefined are left out. */
export function pageOf<Row>(
  rows: Iterable<Placed>,
  { limit = LIMIT_INITIALLY }: PageFilter,
  show: (placed: Placed) => Row | undefined,
): ListPage<Row> {
  const shown: Row[] = [];
  let examined = 0;
  let last: Place | undefined;
  for (const placed of rows) {
    if (shown.length >= Math.min(limit, LIMIT_MAX) || examined >= EXAMINED_MAX) {
      return { rows: shown, ...(last && { next: placeText(last) }) };
    }
    examined++;
    last = placed.place;
    const row = show(placed);
    if (row !== undefined) shown.push(row);
  }
  return { rows: shown };
}

/** Counts the rows that `isCounted`, of the first ones that are looked at. */
export function countOf(rows: Iterable<Placed>, isCounted: (placed: Placed) => boolean): BoundedCount {
  let examined = 0;
  let count = 0;
  for (const placed of rows) {
    if (examined === EXAMINED_MAX) return { count, isMore: true };
    examined++;
    if (isCounted(placed)) count++;
  }
  return { count, isMore: false };
}

function comparePlaces(a: Place, b: Place): number {
  return a.atMs - b.atMs || a.segment - b.segment || a.seq - b.seq;
}

function placeText({ atMs, segment, seq }: Place): string {
  return [atMs, segment, seq].join("_");
}

/** @throws RangeError for a text that is no page's `next`. */
function parsePlace(text: string): Place {
  const [atMs = Number.NaN, segment = Number.NaN, seq = Number.NaN, ...more] = text.split("_").map(Number);
  if ([atMs, segment, seq].some(Number.isNaN) || more.length > 0) {
    throw new RangeError(`"before" must be the "next" of a page, got "${text}"`);
  }
  return { atMs, segment, seq };
}
