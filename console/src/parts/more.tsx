import type { PagesState } from "../api/use-pages.ts";
import { counted } from "../logic/numbers.ts";
import { Failure } from "./state-views.tsx";

/** The end of a list: how many rows there are, and the next page. */
export function More<Row>({ pages, noun }: { pages: PagesState<Row>; noun: string }) {
  const { rows, problem, hasMore, isLoading, isRead, loadMore } = pages;
  if (problem) return <Failure problem={problem} onRetry={isRead ? loadMore : pages.reload} />;
  return (
    <div class="more">
      <span class="soft number" role="status">
        {isRead ? `${counted(rows.length, noun)}${hasMore ? ", and there are older ones" : ""}` : `Reading …`}
      </span>
      {hasMore && (
        <button onClick={loadMore} disabled={isLoading}>
          Load older ones
        </button>
      )}
    </div>
  );
}
