import { useEffect, useRef, useState } from "preact/hooks";
import type { AnswerAt, PathBy, QueryAt } from "./operations.ts";
import { type Problem, problemFrom } from "./problem.ts";
import { get, isSignInNeeded, type Query } from "./request.ts";

export interface AnswerState<Answer> {
  /** The last answer, which stays while a newer one is on its way. */
  readonly answer?: Answer;
  /** Why the last request failed. */
  readonly problem?: Problem;
  readonly isLoading: boolean;
  /** When the answer came, epoch milliseconds. */
  readonly atMs?: number;
  readonly reload: () => void;
}

interface AnswerOptions<Asked, Answer> {
  readonly query?: Asked;
  /** How long after an answer it is asked again, while the tab is seen; undefined for no more. */
  readonly pollMs?: number | ((answer: Answer | undefined) => number | undefined);
}

/** Reads a path of the API, again whenever path or query change. Undefined reads nothing. */
export function useAnswer<Path extends PathBy<"GET">>(
  path: Path | undefined,
  options: AnswerOptions<QueryAt<"GET", Path>, AnswerAt<"GET", Path>> = {},
): AnswerState<AnswerAt<"GET", Path>> {
  return useAnswerOf<AnswerAt<"GET", Path>>(path, options);
}

function useAnswerOf<Answer>(
  path: PathBy<"GET"> | undefined,
  options: AnswerOptions<Query, Answer>,
): AnswerState<Answer> {
  const { query, pollMs } = options;
  const key = path === undefined ? undefined : `${path} ${JSON.stringify(query ?? {})}`;
  const [state, setState] = useState<Omit<AnswerState<Answer>, "reload"> & { readonly key?: string }>({
    isLoading: true,
  });
  const [round, setRound] = useState(0);
  const isAsked = isSignInNeeded.value;
  const newest = useRef(pollMs);
  newest.current = pollMs;

  useEffect(() => {
    if (path === undefined || key === undefined || isAsked) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      setState((before) => (before.key === key ? { ...before, isLoading: true } : { key, isLoading: true }));
      let answer: Answer | undefined;
      try {
        answer = (await get(path, { ...(query && { query }), signal: abort.signal })) as Answer;
        if (!abort.signal.aborted) setState({ key, answer, isLoading: false, atMs: Date.now() });
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = problemFrom(error);
        // What was shown stays where only the newest request failed.
        setState((before) => ({
          key,
          problem,
          isLoading: false,
          ...(before.answer !== undefined && { answer: before.answer }),
          ...(before.atMs !== undefined && { atMs: before.atMs }),
        }));
      }
      const waitMs = typeof newest.current === "function" ? newest.current(answer) : newest.current;
      if (waitMs !== undefined && !abort.signal.aborted) wait(waitMs);
    };
    const wait = (waitMs: number) => {
      timer = setTimeout(() => (document.hidden ? wait(waitMs) : void ask()), waitMs);
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, round, isAsked]);

  const shown = state.key === key ? state : { isLoading: true };
  return { ...shown, reload: () => setRound((before) => before + 1) };
}
