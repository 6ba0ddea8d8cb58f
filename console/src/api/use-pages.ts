import { useEffect, useRef, useState } from "preact/hooks";
import type { ListPage } from "../../../src/admin-api/history/history.ts";
import type { AnswerAt, PathOfPages, QueryAt, RowAt } from "./operations.ts";
import { type Problem, problemFrom } from "./problem.ts";
import { get, isSignInNeeded, type Query } from "./request.ts";

/** How long a search goes on by itself as long as nothing is found. */
const SEARCH_MS_MAX = 3_000;

export interface PagesState<Row> {
  readonly rows: readonly Row[];
  readonly problem?: Problem;
  readonly isLoading: boolean;
  /** Whether an answer came at all: an empty list and a list not read yet are not the same. */
  readonly isRead: boolean;
  readonly hasMore: boolean;
  readonly loadMore: () => void;
  readonly reload: () => void;
}

interface PagesRead<Row> {
  readonly key: string;
  readonly rows: readonly Row[];
  readonly isRead: boolean;
  readonly isLoading: boolean;
  readonly next?: string;
  readonly problem?: Problem;
}

/** Reads one page of a list: the first, or the one that the page before calls `next`. @throws ApiError */
type ReadPage<Row> = (query: Query, next: string | undefined, signal: AbortSignal) => Promise<ListPage<Row>>;

/** An answer ends after a tenth of a second, with or without rows: for what is rare, the next ones are asked for at once. */
async function readOn<Row>(
  read: (next: string | undefined) => Promise<ListPage<Row>>,
  from: string | undefined,
): Promise<ListPage<Row>> {
  const endsAtMs = performance.now() + SEARCH_MS_MAX;
  let page = await read(from);
  while (page.rows.length === 0 && page.next !== undefined && performance.now() < endsAtMs)
    page = await read(page.next);
  return page;
}

/** Reads a list page by page, the newest first. It begins anew when path or query change. */
export function usePages<Path extends PathOfPages>(path: Path, query: QueryAt<"GET", Path>): PagesState<RowAt<Path>> {
  return usePagesBy<RowAt<Path>>(path, query, async (asked, before, signal) => {
    const page = await get(path, { query: { ...asked, before } as QueryAt<"GET", Path>, signal });
    return page as unknown as ListPage<RowAt<Path>>;
  });
}

/** The same for a list that has pages of another form, or another order. */
function usePagesBy<Row>(path: string, query: Query, readPage: ReadPage<Row>): PagesState<Row> {
  const key = `${path} ${JSON.stringify(query)}`;
  const empty: PagesRead<Row> = { key, rows: [], isRead: false, isLoading: true };
  const [state, setState] = useState(empty);
  const abort = useRef(new AbortController());
  const isAsked = isSignInNeeded.value;

  const load = async (before: PagesRead<Row>) => {
    const { signal } = abort.current;
    setState({ ...before, isLoading: true });
    try {
      const page = await readOn((next) => readPage(query, next, signal), before.next);
      const rows = [...before.rows, ...page.rows];
      const next = page.next === undefined ? {} : { next: page.next };
      if (!signal.aborted) setState({ key, rows, isRead: true, isLoading: false, ...next });
    } catch (error) {
      if (signal.aborted) return;
      const problem = problemFrom(error);
      setState({ ...before, isLoading: false, problem });
    }
  };
  const restart = () => {
    abort.current.abort();
    abort.current = new AbortController();
    void load(empty);
  };

  useEffect(() => {
    if (!isAsked) restart();
    return () => abort.current.abort();
  }, [key, isAsked]);

  const { rows, isRead, isLoading, next, problem } = state.key === key ? state : empty;
  return {
    rows,
    isRead,
    isLoading,
    ...(problem && { problem }),
    hasMore: next !== undefined,
    loadMore: () => void load({ key, rows, isRead, isLoading, ...(next === undefined ? {} : { next }) }),
    reload: restart,
  };
}

/** The lists that come by name: each answer has its rows by the list's own name, and where the next page begins. */
type NamedList = "rules" | "schedules" | "archives" | "connections" | "mappings";

type NamedRow<Path extends NamedList> =
  AnswerAt<"GET", Path> extends Readonly<Record<Path, readonly (infer Row)[]>> ? Row : never;

/** Reads such a list page by page. */
export function useNamedPages<Path extends NamedList>(
  path: Path,
  query: QueryAt<"GET", Path>,
): PagesState<NamedRow<Path>> {
  return usePagesBy<NamedRow<Path>>(path, query, async (asked, after, signal) => {
    const answer = await get(path, { query: { ...asked, after } as QueryAt<"GET", Path>, signal });
    const { [path]: rows, next } = answer as Readonly<Record<Path, readonly NamedRow<Path>[]>> & { next?: string };
    return next === undefined ? { rows } : { rows, next };
  });
}
