import { useState } from "preact/hooks";
import type { EventExplanationAnswer } from "../../../src/admin-api/explain.ts";
import { ApiError, type Problem } from "./problem.ts";
import { send } from "./request.ts";

export type Explained =
  | { readonly is: "idle" | "asking" }
  | { readonly is: "failed"; readonly problem: Problem }
  | { readonly is: "answered"; readonly answer: EventExplanationAnswer; readonly eventJson: string };

/** Asks the rules of a bus which of them match an event, and what keeps it from the others. */
export function useExplanation() {
  const [explained, setExplained] = useState<Explained>({ is: "idle" });
  const explain = async (eventJson: string, bus: string | undefined) => {
    setExplained({ is: "asking" });
    try {
      const answer = await send<EventExplanationAnswer>("POST", "explain", { query: { bus }, body: eventJson });
      setExplained({ is: "answered", answer, eventJson });
    } catch (error) {
      const problem = error instanceof ApiError ? error.problem : { title: "Failed", detail: String(error) };
      setExplained({ is: "failed", problem });
    }
  };
  return { explained, explain };
}
