import type { Config } from "../../domain/config.ts";
import { takesLettersOf } from "../../domain/queue/queue-config.ts";
import { entryProblem } from "../issues.ts";
import type { Entries } from "../merge.ts";
import type { Problem } from "../source/problem.ts";

/** Redrive policies whose dead-letter queue does not allow them. */
export function redriveProblems({ queues: entries }: Entries, { queues }: Pick<Config, "queues">): readonly Problem[] {
  return entries.flatMap((entry) => {
    const to = queues.get(queues.get(entry.name)?.redrivePolicy?.queue ?? "");
    if (to === undefined || takesLettersOf(to, entry.name)) return [];
    const message = `the redriveAllowPolicy of queue "${to.name}" does not allow queue "${entry.name}"`;
    return [entryProblem(entry, ["redrivePolicy", "queue"], message, "value")];
  });
}
