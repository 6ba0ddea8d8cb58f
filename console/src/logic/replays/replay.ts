import type { REPLAY_OPERATIONS } from "../../../../src/admin-api/operations/replays.ts";
import type { QueryGiven } from "../../../../src/admin-api/operations/operation.ts";
import type { ReplayCountAnswer } from "../../../../src/admin-api/replays/replays.ts";
import { counted } from "../text/numbers.ts";

const RULES_SHOWN_MAX = 5;

/** A replay as somebody describes it. Times are ISO 8601. */
export interface ReplayDraft {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Names of rules with commas between them; all rules where there is none. */
  readonly rules: string;
  readonly onlyUndelivered: boolean;
  readonly unknownToo: boolean;
}

/** The last hour. */
export function draftOf(archive: string, nowMs: number): ReplayDraft {
  const [from, to] = [nowMs - 3_600_000, nowMs].map((ms) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z"));
  const name = `${archive.slice(0, 40)}-${(to ?? "").replace(/[-:]/g, "").slice(0, 15)}`;
  return { name, from: from ?? "", to: to ?? "", rules: "", onlyUndelivered: false, unknownToo: false };
}

/** A draft as the API takes it. */
export function selectionOf(draft: ReplayDraft): QueryGiven<typeof REPLAY_OPERATIONS.countReplay> {
  const { name, from, to, onlyUndelivered, unknownToo } = draft;
  const rules = draft.rules.replace(/\s/g, "");
  return {
    name,
    from,
    to,
    ...(rules === "" ? {} : { rules }),
    ...(onlyUndelivered ? { onlyUndelivered: "true" } : {}),
    ...(onlyUndelivered && unknownToo ? { unknownToo: "true" } : {}),
  };
}

/** What a replay will do, from a count of its events. */
export function countSentences(answer: ReplayCountAnswer): readonly string[] {
  const { events, looked, end, rules, unmatched, unroutable, leftOut } = answer;
  const shown = rules.slice(0, RULES_SHOWN_MAX).map(({ bus, rule, events: of }) => `${bus}/${rule} gets ${of}`);
  const more = rules.length > RULES_SHOWN_MAX ? `, and ${counted(rules.length - RULES_SHOWN_MAX, "other rule")}` : "";
  return [
    `${counted(events, "event")} would be sent.`,
    ...(shown.length === 0 ? [] : [`${shown.join(", ")}${more}.`]),
    ...(unmatched === 0 ? [] : [`${unmatched} of them match no rule.`]),
    ...Object.entries(unroutable).map(([reason, count]) => `${count} cannot be put on the bus (${reason}).`),
    ...(leftOut === undefined ? [] : leftOutSentences(leftOut)),
    ...(end === "finished"
      ? []
      : [`Only the first ${counted(looked, "event")} of the archive were counted: there are more.`]),
  ];
}

/** What a replay of what is not delivered leaves out. */
export function leftOutSentences({ delivered, unknown }: NonNullable<ReplayCountAnswer["leftOut"]>): readonly string[] {
  return [
    `${counted(delivered, "event")} left out: delivered.`,
    ...(unknown === 0
      ? []
      : [`${counted(unknown, "event")} left out: the journal cannot say whether they were delivered.`]),
  ];
}
