import type { ComponentChildren } from "preact";
import type { PagesState } from "../../api/use-pages.ts";
import { List, type Column } from "./list.tsx";
import { More } from "./more.tsx";
import { Loading } from "../state-views.tsx";

interface PagedListProps<Row> {
  readonly label: string;
  /** What one row is called. */
  readonly noun: string;
  readonly pages: PagesState<Row>;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** What stands in its place where there is no row. */
  readonly empty: ComponentChildren;
}

/** A list that comes page by page: being read, empty, or its rows and how many there are. */
export function PagedList<Row>({ label, noun, pages, columns, keyOf, empty }: PagedListProps<Row>) {
  const { rows, isRead, problem, hasMore } = pages;
  return (
    <>
      {!isRead && !problem && <Loading what={`${noun}s`} />}
      {isRead && rows.length === 0 && empty}
      {rows.length > 0 && <List label={label} columns={columns} rows={rows} keyOf={keyOf} hasMore={hasMore} />}
      <More pages={pages} noun={noun} others="more" />
    </>
  );
}
