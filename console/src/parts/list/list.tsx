import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface Column<Row> {
  readonly name: string;
  /** A track of the grid, such as `8rem` or `minmax(0, 2fr)`. */
  readonly width: string;
  readonly isNumber?: boolean;
  /** Whether a cell needs no name before it where rows are cards. */
  readonly isBare?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

interface ListProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row, index: number) => string;
  /** Whether there are more rows than these. */
  readonly hasMore?: boolean;
  /** Whether cells show all of their text, on as many lines as it takes. Only short lists can. */
  readonly isWrapped?: boolean;
}

/** Shorter lists are laid out whole, so that the browser's own search finds everything. */
const WINDOWED_FROM = 200;
const MARGIN_ROWS = 20;

/**
 * A table of rows. A long one has only those rows in the document that are seen: each row has the same height, which
 * the style sheet decides.
 */
export function List<Row>({ label, columns, rows, keyOf, hasMore = false, isWrapped = false }: ListProps<Row>) {
  const body = useRef<HTMLDivElement>(null);
  const { from, to, rowPx } = useWindow(body, rows.length);
  return (
    <div
      class={isWrapped ? "list wrapped" : "list"}
      role="table"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      style={{ "--columns": columns.map(({ width }) => width).join(" ") }}
    >
      <div class="list-head" role="rowgroup">
        <div class="list-row" role="row" aria-rowindex={1}>
          {columns.map(({ name, isNumber }) => (
            <div key={name} role="columnheader" class={isNumber === true ? "number right" : ""}>
              {name}
            </div>
          ))}
        </div>
      </div>
      <div
        ref={body}
        role="rowgroup"
        style={{ paddingTop: `${from * rowPx}px`, paddingBottom: `${(rows.length - to) * rowPx}px` }}
      >
        {rows.slice(from, to).map((row, index) => (
          <div key={keyOf(row, from + index)} class="list-row" role="row" data-row aria-rowindex={from + index + 2}>
            {columns.map(({ name, isNumber, isBare, cell }) => (
              <div
                key={name}
                role="cell"
                class={isNumber === true ? "number right" : ""}
                data-name={isBare === true ? undefined : name}
              >
                {cell(row)}
              </div>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Which rows are seen, with some more before and after them. */
function useWindow(body: { readonly current: HTMLElement | null }, count: number) {
  const [seen, setSeen] = useState({ from: 0, to: WINDOWED_FROM, rowPx: 0 });
  const isWindowed = count > WINDOWED_FROM;
  useEffect(() => {
    if (!isWindowed) return;
    const measure = () => {
      const row = body.current?.querySelector<HTMLElement>("[data-row]");
      if (body.current === null || !row) return;
      const rowPx = row.offsetHeight;
      const { top } = body.current.getBoundingClientRect();
      // On a narrow screen rows are cards of different heights, which the browser itself lays out when they are seen.
      if (getComputedStyle(row).display === "flex") return setSeen({ from: 0, to: count, rowPx: 0 });
      const from = Math.max(0, Math.floor(-top / rowPx) - MARGIN_ROWS);
      const to = Math.min(count, Math.ceil((innerHeight - top) / rowPx) + MARGIN_ROWS);
      setSeen((before) =>
        before.from === from && before.to === to && before.rowPx === rowPx ? before : { from, to, rowPx },
      );
    };
    measure();
    addEventListener("scroll", measure, { passive: true });
    addEventListener("resize", measure);
    return () => {
      removeEventListener("scroll", measure);
      removeEventListener("resize", measure);
    };
  }, [count, isWindowed]);
  return isWindowed ? { ...seen, to: Math.min(seen.to, count) } : { from: 0, to: count, rowPx: 0 };
}
