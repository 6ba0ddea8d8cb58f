import { useState } from "preact/hooks";
import type { EventExplanationAnswer } from "../../../src/admin-api/events/explain.ts";
import type { EventConfiguration } from "../../../src/admin-api/history/history.ts";
import type { ExplainedBy } from "../logic/event/explained-by.ts";
import { type Problem, problemFrom } from "./problem.ts";
import { send } from "./request.ts";

/** What the rules make of an event, and which rules these are. */
interface ByRules {
  readonly answer: EventExplanationAnswer;
  readonly by: ExplainedBy;
}

export type Explained =
  | { readonly is: "idle" | "asking" }
  | { readonly is: "failed"; readonly problem: Problem }
  | ({ readonly is: "answered"; readonly eventJson: string } & ByRules);

/** Asks the rules of a bus which of them match an event, and what keeps it from the others. */
export function useExplanation() {
  const [explained, setExplained] = useState<Explained>({ is: "idle" });
  const ask = async (eventJson: string, explanation: Promise<ByRules>) => {
    setExplained({ is: "asking" });
    try {
      setExplained({ is: "answered", eventJson, ...(await explanation) });
    } catch (error) {
      const problem = problemFrom(error);
      setExplained({ is: "failed", problem });
    }
  };
  return {
    explained,
    /** By the rules in force now. */
    explain: async (eventJson: string, bus: string | undefined) =>
      ask(
        eventJson,
        byNow(eventJson, bus).then((answer) => ({ answer, by: { is: "now" } })),
      ),
    /** By the rules that the event met, as long as they are known. */
    explainThen: async (eventJson: string, bus: string | undefined, then: EventConfiguration | undefined) =>
      ask(eventJson, byThen(eventJson, bus, then)),
  };
}

async function byThen(
  eventJson: string,
  bus: string | undefined,
  then: EventConfiguration | undefined,
): Promise<ByRules> {
  const now = byNow(eventJson, bus);
  if (then === undefined) return { answer: await now, by: { is: "now, then unknown" } };
  // The bus may be gone since.
  const today = await orUndefined(now);
  if (today?.configuration === then.digest) return { answer: today, by: { is: "then and now" } };
  const path = `configurations/${encodeURIComponent(then.digest)}/explain` as const;
  const former = await orUndefined(send("POST", path, { query: { bus }, body: eventJson }).then(ofAllRules));
  if (former !== undefined) return { answer: former, by: { is: "then", ...then, today } };
  return { answer: await now, by: { is: "now, then unknown" } };
}

function byNow(eventJson: string, bus: string | undefined): Promise<EventExplanationAnswer> {
  return send("POST", "explain", { query: { bus }, body: eventJson }).then(ofAllRules);
}

/** Of one rule is answered only where `rule` is asked for. */
function ofAllRules<Answer extends object>(answer: Answer): Extract<Answer, EventExplanationAnswer> {
  if (!("missed" in answer)) throw new Error("the answer is about one rule");
  return answer as Extract<Answer, EventExplanationAnswer>;
}

/** Undefined for what is not there. */
async function orUndefined<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (problemFrom(error).status === 404) return undefined;
    throw error;
  }
}
