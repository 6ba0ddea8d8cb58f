import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** Schedules of the store, and the API that makes them. */
export const KEPT_SCHEDULES: readonly Mutation[] = [
  ...inFile("src/flow/schedule/kept/plan-due.ts", [
    ["turn === first || turn.turnMs <= nowMs", "turn.turnMs <= nowMs", "what the store says is due is fired"],
    ["isOnce || turn.turnMs >= madeUpFromMs", "turn.turnMs >= madeUpFromMs", "a one-time schedule fires however late"],
    ["turn.turnMs >= madeUpFromMs) fire", "true) fire", "what is older than five minutes is not made up for"],
  ]),
  ...inFile("src/flow/schedule/kept/kept-firer.ts", [
    ["plan.next === undefined && kept.isDeletedAfter", "plan.next === undefined", "it stays when it does not say so"],
    ["config().schedules.has(schedule.name) ? { ...plan, fire: [] } : plan", "plan", "a file's is in its place"],
    ["decodeDue(value) ?? dueAtMs", "dueAtMs", "in a window it is still due at its own time"],
  ]),
  ...inFile("src/flow/schedule/kept/settle-claims.ts", [
    ["!changes.some((change) => changed.has(change))", "false", "what others did not change is settled"],
  ]),
  ...inFile("src/edge/aws/services/scheduler/changes.ts", [
    ["kept.createdMs - 1", "kept.createdMs", "a rate is due at its creation"],
    ["made.token === before.token && ", "", "a repetition has the same token"],
    ["made.digest === before.digest", "true", "and the same request"],
    ['kept.state === "ENABLED" ? timingOf(kept) : undefined', "timingOf(kept)", "a disabled schedule is never due"],
  ]),
  ...inFile("src/edge/aws/services/scheduler/checked-schedule.ts", [
    ["if (isOnce) return {};", "", "the dates of a one-time schedule are ignored"],
    ["before?.createdMs ?? changedMs", "changedMs", "an update keeps the creation"],
    ["wholeSeconds(startMs) !== before?.startMs", "true", "an update may keep a start that is past"],
  ]),
  ...inFile("src/edge/aws/services/scheduler/reading.ts", [
    ["(isWhole || key <= upTo)", "true", "a page has no schedule of a file that comes later"],
    ["&& !isOfFile(key, scheduling)", "", "a schedule is listed once, and as its file has it"],
    ["scanned < SCANNED_MAX", "true", "a listing that finds little ends its page"],
  ]),
  ...inFile("src/edge/aws/services/scheduler/scheduling.ts", [
    [
      'if (state === "DELETING") throw',
      'if (state === "ACTIVE" && false) throw',
      "a group that ends takes no schedules",
    ],
  ]),
];
