import type { SQLInputValue } from "node:sqlite";
import type { Segment, SegmentRow } from "../segments/segment.ts";
import { optionalNumber } from "../segments/segment.ts";
import type { PageFilter } from "../../../admin-api/history/filters.ts";

/** So many rows are looked at for one answer, where not all of them are shown. */
export const EXAMINED_MAX = 10_000;
/** An answer reads no further piece of a segment after so long. */
const SEARCH_MS_MAX = 100;
/** Rows of a piece. With a rare name all of them are read for nothing, in some hundredths of a second. */
const PIECE_ROWS = 50_000;

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
  /**
   * The table, where no index finds the rows that fit: a segment of it is read in pieces, since it has millions of rows.
   * It has an index by `at`.
   */
  readonly scanned?: string;
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
 * The rows of a list from all segments, the newest first: by time, then by segment, then by number. A segment, or a
 * piece of one, is read only when the rows before its newest have been taken.
 */
export function* newestFirst(
  segments: readonly Segment[],
  listing: Listing,
  filter: PageFilter,
  searchMsMax = SEARCH_MS_MAX,
  pieceRows = PIECE_ROWS,
): Search {
  const before = filter.before === undefined ? undefined : parsePlace(filter.before);
  const waiting = waitingPieces(segments, listing, filter, before);
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
        const older = olderPiece(next, listing, pieceRows);
        if (older !== undefined) {
          waiting.push(older);
          waiting.sort(newerFirst);
        }
        const rows = rowsOf(next, older?.newestAtMs, listing, before);
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

/** What of a segment is still to be read: rows of this time. */
interface Piece {
  readonly segment: Segment;
  readonly oldestAtMs: number;
  readonly newestAtMs: number;
}

const newerFirst = (a: Piece, b: Piece): number => b.newestAtMs - a.newestAtMs;

/** The segments that can have rows of the time in question, the newest first. */
function waitingPieces(segments: readonly Segment[], listing: Listing, filter: PageFilter, before?: RowPlace): Piece[] {
  const fromMs = filter.from ?? -Infinity;
  const toMs = Math.min(filter.to ?? Infinity, before?.atMs ?? Infinity);
  return segments
    .flatMap((segment) => {
      const newestAtMs = listing.newestAtMs(segment);
      if (newestAtMs === undefined || newestAtMs < fromMs) return [];
      const isLater = (listing.oldestAtMs?.(segment) ?? -Infinity) > toMs;
      return isLater ? [] : [{ segment, oldestAtMs: fromMs, newestAtMs: Math.min(newestAtMs, toMs) }];
    })
    .sort(newerFirst);
}

/** What is left of a piece once its newest rows are read: so many, and all others of their oldest time. Undefined for nothing. */
function olderPiece(piece: Piece, { scanned }: Listing, pieceRows: number): Piece | undefined {
  if (scanned === undefined) return undefined;
  const { segment, oldestAtMs, newestAtMs } = piece;
  const last = segment.get(
    `SELECT at FROM ${scanned} WHERE at BETWEEN ? AND ? ORDER BY at DESC LIMIT 1 OFFSET ?`,
    oldestAtMs,
    newestAtMs,
    pieceRows,
  );
  if (last === undefined) return undefined;
  const older = segment.get(
    `SELECT max(at) AS at FROM ${scanned} WHERE at >= ? AND at < ?`,
    oldestAtMs,
    Number(last["at"]),
  );
  const olderAtMs = optionalNumber(older?.["at"]);
  return olderAtMs === undefined ? undefined : { segment, oldestAtMs, newestAtMs: olderAtMs };
}

/** Before it are all rows of that time, and none that is newer. */
function newestPlaceAt(atMs: number): RowPlace {
  return { atMs, segment: Number.MAX_SAFE_INTEGER, seq: 0 };
}

function* rowsOf(
  { segment, oldestAtMs, newestAtMs }: Piece,
  olderAtMs: number | undefined,
  listing: Listing,
  before: RowPlace | undefined,
): Generator<Placed, undefined> {
  const conditions = listing.conditions(segment);
  if (conditions === undefined) return;
  const { at, seq } = listing.columns ?? { at: "at", seq: "seq" };
  const where = [`${at} BETWEEN ? AND ?`, ...conditions.map(({ sql }) => sql)];
  const all: SQLInputValue[] = [oldestAtMs, newestAtMs, ...conditions.flatMap((condition) => condition.parameters)];
  if (olderAtMs !== undefined) {
    where.push(`${at} > ?`);
    all.push(olderAtMs);
  }
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
