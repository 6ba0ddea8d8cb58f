import type { TailLine } from "../../../../src/admin-api/events/tail.ts";

/** An event in the view, with its number by which the list knows it. */
export type LiveRow = TailLine["events"][number] & { readonly number: number };

/** What a live tail shows. */
export interface LiveView {
  /** The newest first. */
  readonly rows: readonly LiveRow[];
  /** Those that came while the view stood still. */
  readonly held: readonly LiveRow[];
  /** Since the tail began: events on the bus, those that fit, and, of these, those that routers sent. */
  readonly seen: number;
  readonly matching: number;
  /** Those that the pattern was not tried on. */
  readonly passedOver: number;
  readonly shown: number;
}

export const NO_EVENTS: LiveView = { rows: [], held: [], seen: 0, matching: 0, passedOver: 0, shown: 0 };

/** So many rows are kept: an hour at three events a second. */
export const LIVE_ROWS_MAX = 10_000;

/** The view after one more line of the tail. While it stands still, new events are held and no row moves. */
export function withLine(view: LiveView, line: TailLine, isFollowing: boolean): LiveView {
  const { events } = line;
  const newest = events.map((event, index) => ({ ...event, number: view.shown + index })).reverse();
  const counts = {
    seen: view.seen + line.seen,
    matching: view.matching + line.matching,
    passedOver: view.passedOver + line.passedOver,
    shown: view.shown + line.shown,
  };
  const held = cut([...newest, ...view.held]);
  return isFollowing ? { ...counts, ...letGo(view.rows, held) } : { ...counts, rows: view.rows, held };
}

/** The view with what was held on top. */
export function followed(view: LiveView): LiveView {
  return view.held.length === 0 ? view : { ...view, ...letGo(view.rows, view.held) };
}

/** The counts in words: what was left out is always said. */
export function countsText({ seen, matching, passedOver, shown }: LiveView, words: (count: number) => string): string {
  const left = shown < matching ? `, ${words(shown)} of them shown` : "";
  const passed = passedOver > 0 ? `, ${words(passedOver)} passed over for want of time` : "";
  return `${words(seen)} on the bus, ${words(matching)} ${matching === 1 ? "fits" : "fit"}${left}${passed}`;
}

function letGo(rows: readonly LiveRow[], held: readonly LiveRow[]): Pick<LiveView, "rows" | "held"> {
  return { rows: held.length === 0 ? rows : cut([...held, ...rows]), held: [] };
}

function cut(rows: readonly LiveRow[]): readonly LiveRow[] {
  return rows.length > LIVE_ROWS_MAX ? rows.slice(0, LIVE_ROWS_MAX) : rows;
}
