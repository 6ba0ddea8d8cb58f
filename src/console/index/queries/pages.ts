import type { BoundedCount, ListPage } from "../../../admin-api/history/history.ts";
import type { PageFilter } from "../../../admin-api/history/filters.ts";
import type { RowPlace, Placed, Search } from "./search.ts";
import { EXAMINED_MAX, placeText } from "./search.ts";

const LIMIT_INITIALLY = 100;
const LIMIT_MAX = 1_000;

/**
 * A page of what is shown of the rows. Rows for which `show` gives undefined are left out.
 *
 * @param isFull ends the page after a row, whatever its limit is.
 */
export function pageOf<Row>(
  search: Search,
  { limit = LIMIT_INITIALLY }: PageFilter,
  show: (placed: Placed) => Row | undefined,
  isFull: () => boolean = () => false,
): ListPage<Row> {
  const rows: Row[] = [];
  let shown: RowPlace | undefined;
  const end = examine(search, (placed) => {
    if (rows.length >= Math.min(limit, LIMIT_MAX) || isFull()) return false;
    shown = placed.place;
    const row = show(placed);
    if (row !== undefined) rows.push(row);
    return true;
  });
  if (end === undefined) return { rows };
  const next = end === "stopped" ? shown : end;
  return { rows, ...(next && { next: placeText(next) }) };
}

/** Counts the rows that `isCounted`, of the first ones that are looked at. */
export function countOf(search: Search, isCounted: (placed: Placed) => boolean): BoundedCount {
  let count = 0;
  const end = examine(search, (placed) => {
    if (isCounted(placed)) count++;
    return true;
  });
  return { count, isMore: end !== undefined };
}

/**
 * Looks at the rows until `look` says false, or 10,000 were looked at.
 *
 * @returns undefined when there are no more; where the search was given up; or `stopped` for a row that was not taken.
 */
export function examine(search: Search, look: (placed: Placed) => boolean): RowPlace | "stopped" | undefined {
  for (let examined = 0; ; examined++) {
    const step = search.next();
    if (step.done === true) return step.value;
    if (examined < EXAMINED_MAX && look(step.value)) continue;
    search.return(undefined);
    return "stopped";
  }
}
