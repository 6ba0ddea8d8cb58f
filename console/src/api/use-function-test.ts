import { useEffect, useRef, useState } from "preact/hooks";
import type { FunctionTestAnswer } from "../../../src/admin-api/destinations/function-tests.ts";
import { ApiError, type Problem } from "./problem.ts";
import { lines } from "./request.ts";

export type TestProgress =
  | { readonly is: "idle" }
  | { readonly is: "waiting" | "calling"; readonly deliveryId?: string }
  | { readonly is: "ended"; readonly answer: FunctionTestAnswer }
  | { readonly is: "failed"; readonly problem: Problem };

/** What is said of a call whose answer ends before its end. */
export const BROKEN_OFF: Problem = {
  title: "The answer broke off",
  detail: "The console or the router that it asked has stopped. The function may have been called.",
};

/** Tests functions, one test at a time. */
export function useFunctionTest() {
  const [progress, setProgress] = useState<TestProgress>({ is: "idle" });
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);
  const test = async (name: string, payload: string) => {
    abort.current.abort();
    abort.current = new AbortController();
    const { signal } = abort.current;
    setProgress({ is: "waiting" });
    const seen = { end: false };
    try {
      const path = `functions/${encodeURIComponent(name)}/test` as const;
      await lines(
        path,
        {},
        (line) => {
          seen.end = line.state === "ended";
          if (signal.aborted) return;
          if (line.state === "ended") setProgress({ is: "ended", answer: line });
          else setProgress({ is: line.state, deliveryId: line.deliveryId });
        },
        { body: payload, signal },
      );
      if (!seen.end && !signal.aborted) setProgress({ is: "failed", problem: BROKEN_OFF });
    } catch (error) {
      if (signal.aborted) return;
      setProgress({ is: "failed", problem: error instanceof ApiError ? error.problem : BROKEN_OFF });
    }
  };
  return { progress, test };
}
