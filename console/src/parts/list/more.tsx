import type { PagesState } from "../../api/use-pages.ts";
import { counted } from "../../logic/text/numbers.ts";
import { Failure } from "../state-views.tsx";

interface MoreProps<Row> {
  readonly pages: PagesState<Row>;
  readonly noun: string;
  /** What the rows of the next page are called. */
  readonly others?: string;
}

/** The end of a list: how many rows there are, and the next page. */
export function More<Row>({ pages, noun, others = "older ones" }: MoreProps<Row>) {
  const { rows, problem, hasMore, isLoading, isRead, loadMore } = pages;
  if (problem) return <Failure problem={problem} onRetry={isRead ? loadMore : pages.reload} />;
  if (isRead && rows.length === 0 && !hasMore) return null;
  return (
    <div class="more">
      <span class="soft number" role="status">
        {isRead ? textOf(rows.length, hasMore, noun, others) : "Reading …"}
      </span>
      {hasMore && (
        <button onClick={loadMore} disabled={isLoading}>
          {rows.length === 0 ? "Search on" : `Load ${others}`}
        </button>
      )}
    </div>
  );
}

/** A search for what is rare ends after some seconds, with or without rows. */
function textOf(count: number, hasMore: boolean, noun: string, others: string): string {
  if (count === 0 && hasMore) return `No ${noun} fits so far. Older ones were not searched yet.`;
  return `${counted(count, noun)}${hasMore ? `, and there are ${others}` : ""}`;
}
