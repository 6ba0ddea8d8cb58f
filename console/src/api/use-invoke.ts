import { useEffect, useRef, useState } from "preact/hooks";
import { type InvokeAnswer, readInvokeAnswer } from "../logic/destinations/function-invoke.ts";
import { ApiError, type Problem } from "./problem.ts";
import { sendForResponse } from "./request.ts";
import { BROKEN_OFF } from "./use-function-test.ts";

export type InvokeProgress =
  | { readonly is: "idle" | "calling" }
  | { readonly is: "ended"; readonly answer: InvokeAnswer }
  | { readonly is: "failed"; readonly problem: Problem };

/** Calls functions by Lambda's Invoke, one call at a time. A function goes on when nobody waits for it any more. */
export function useInvoke() {
  const [progress, setProgress] = useState<InvokeProgress>({ is: "idle" });
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);
  const invoke = async (name: string, type: "RequestResponse" | "Event", payload: string) => {
    abort.current.abort();
    abort.current = new AbortController();
    const { signal } = abort.current;
    setProgress({ is: "calling" });
    const askedAtMs = performance.now();
    try {
      const response = await sendForResponse(`lambda/functions/${encodeURIComponent(name)}/invocations`, {
        headers: { "x-amz-invocation-type": type, "x-amz-log-type": "Tail" },
        body: payload,
        signal,
      });
      const text = await response.text();
      const answer = readInvokeAnswer(response, text, performance.now() - askedAtMs);
      if (!signal.aborted) setProgress({ is: "ended", answer });
    } catch (error) {
      if (signal.aborted) return;
      setProgress({ is: "failed", problem: error instanceof ApiError ? error.problem : BROKEN_OFF });
    }
  };
  return { progress, invoke };
}
