import { useEffect, useRef, useState } from "preact/hooks";
import type { ListPage } from "../../../src/admin-api/history.ts";
import { ApiError, type Problem } from "./problem.ts";
import { get, isSignInNeeded, type Query } from "./request.ts";

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
export type ReadPage<Row> = (
  path: string,
  query: Query,
  next: string | undefined,
  signal: AbortSignal,
) => Promise<ListPage<Row>>;

/** Reads a list page by page, the newest first unless `readPage` has another order. It begins anew when path or query change. */
export function usePages<Row>(path: string, query: Query, readPage: ReadPage<Row> = readOlder): PagesState<Row> {
  const key = `${path} ${JSON.stringify(query)}`;
  const empty: PagesRead<Row> = { key, rows: [], isRead: false, isLoading: true };
  const [state, setState] = useState(empty);
  const abort = useRef(new AbortController());
  const isAsked = isSignInNeeded.value;

  const load = async (before: PagesRead<Row>) => {
    const { signal } = abort.current;
    setState({ ...before, isLoading: true });
    try {
      const page = await readPage(path, query, before.next, signal);
      const rows = [...before.rows, ...page.rows];
      const next = page.next === undefined ? {} : { next: page.next };
      if (!signal.aborted) setState({ key, rows, isRead: true, isLoading: false, ...next });
    } catch (error) {
      if (signal.aborted) return;
      const problem = error instanceof ApiError ? error.problem : { title: "Failed", detail: String(error) };
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

function readOlder<Row>(path: string, query: Query, before: string | undefined, signal: AbortSignal) {
  return get<ListPage<Row>>(path, { query: { ...query, before }, signal });
}
