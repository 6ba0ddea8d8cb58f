import type { DEAD_LETTER_OPERATIONS } from "../../../../src/admin-api/operations/dead-letters.ts";
import type { QueryGiven } from "../../../../src/admin-api/operations/operation.ts";
import type { DeadLetterCountAnswer } from "../../../../src/admin-api/queues/dead-letters.ts";
import { counted } from "../text/numbers.ts";

/** Which dead letters are to be redriven: one by its id, or a group. */
export interface RedrivePlan {
  readonly queue: string;
  readonly query: QueryGiven<typeof DEAD_LETTER_OPERATIONS.countDeadLetters>;
}

const UNREDRIVABLE: Readonly<Record<string, string>> = {
  unreadable: "cannot be read",
  no_target: "never had a target",
  target_gone: "have a target that is not in the configuration",
  unmatched: "are matched by no rule",
};

/** What a redrive will do, from a count of what it selects. */
export function planSentences({ selected, looked, end, errorCodes, unredrivable }: DeadLetterCountAnswer, to: string) {
  const codes = Object.entries(errorCodes).map(([code, count]) => `${count} with ${code}`);
  const way =
    to === "bus"
      ? "Each event is put on its bus again: every rule that matches it gets it, also those that it reached before."
      : "Each goes to the one target that it was for, and begins anew with all its retries.";
  return [
    `${counted(selected, "dead letter")} ${selected === 1 ? "is" : "are"} selected${codes.length > 1 ? ` (${codes.join(", ")})` : ""}.`,
    ...unredrivableSentences(unredrivable),
    ...(selected > 0 ? [way] : []),
    ...(end === "finished"
      ? []
      : [`Only the first ${counted(looked, "message")} of the queue were looked at, so there may be more.`]),
  ];
}

export function unredrivableSentences(unredrivable: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(unredrivable).map(
    ([reason, count]) => `${count} of them ${UNREDRIVABLE[reason] ?? `cannot be redriven (${reason})`} and will stay.`,
  );
}
