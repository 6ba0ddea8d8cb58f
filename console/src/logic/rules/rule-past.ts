import { counted } from "../text/numbers.ts";
import type { ListedRule } from "./rules.ts";

export type RulePast = NonNullable<ListedRule["past"]>;

/** Whether a rule still gets what the archive has, and waits with what is new. */
export function isGettingPast({ state }: Pick<RulePast, "state">): boolean {
  return state === "running" || state === "paused";
}

/** What a rule with a `startFrom` has had of its past. */
export function pastSentence({ archive, state, left = 0 }: RulePast): string {
  const events = `about ${counted(left, "event")} of the archive ${archive} ${left === 1 ? "is" : "are"} yet to be read`;
  if (state === undefined) return `It gets the past from the archive ${archive}, once, before anything new.`;
  switch (state) {
    case "running":
      return left === 0
        ? `It has had its past from the archive ${archive}, and gets new events directly in a few minutes at most.`
        : `It gets its past first: ${events}. New events wait until then.`;
    case "paused":
      return `Its past is paused: ${events}.`;
    case "done":
      return `It has had its past from the archive ${archive}, and gets new events directly.`;
    case "stopping":
    case "stopped":
    case "failed":
      return `It gets new events directly, and not all of its past (${state}): ${events}.`;
  }
}
