import { useEffect, useRef, useState } from "preact/hooks";
import type { TailLine } from "../../../src/admin-api/events/tail.ts";
import { followed, NO_EVENTS, withLine, type LiveView } from "../logic/event/live-view.ts";
import { ApiError, type Problem } from "./problem.ts";
import { lines } from "./request.ts";

/** A tab that nobody sees reads no tail after so long. */
const HIDDEN_MS_MAX = 30_000;
/** A router ends a tail after an hour, or when it stops. */
const AGAIN_MS = 1_000;

export interface AskedTail {
  readonly bus: string;
  /** JSON; empty for every event. */
  readonly pattern: string;
}

/** Reads a live tail as long as there is one asked for. The view stands still while it is not followed. */
export function useTail(
  asked: AskedTail | undefined,
  isFollowing: boolean,
): { readonly view: LiveView; readonly problem: Problem | undefined } {
  const [view, setView] = useState(NO_EVENTS);
  const [problem, setProblem] = useState<Problem>();
  const following = useRef(isFollowing);
  following.current = isFollowing;
  const isSeen = useSeen();

  useEffect(() => {
    if (isFollowing) setView(followed);
  }, [isFollowing]);
  useEffect(() => {
    if (asked === undefined) return;
    setView(NO_EVENTS);
    setProblem(undefined);
  }, [asked]);
  useEffect(() => {
    if (asked === undefined || !isSeen) return;
    const abort = new AbortController();
    const onLine = (line: TailLine) => setView((before) => withLine(before, line, following.current));
    const read = async () => {
      const body = asked.pattern.trim();
      while (!abort.signal.aborted) {
        await lines("tail", { bus: asked.bus }, onLine, { body, signal: abort.signal });
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    };
    read().catch((error: unknown) => {
      if (!abort.signal.aborted) setProblem(problemIn(error));
    });
    return () => abort.abort();
  }, [asked, isSeen]);

  return { view, problem };
}

function problemIn(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return { title: "The live tail broke off", detail: "The console or the router that it asked has stopped." };
}

/** Whether the tab is seen, or has been a moment ago. */
function useSeen(): boolean {
  const [isSeen, setSeen] = useState(true);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onChange = () => {
      clearTimeout(timer);
      if (document.hidden) timer = setTimeout(() => setSeen(false), HIDDEN_MS_MAX);
      else setSeen(true);
    };
    document.addEventListener("visibilitychange", onChange);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onChange);
    };
  }, []);
  return isSeen;
}
