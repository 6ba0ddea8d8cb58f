import type { Config } from "../../domain/config.ts";
import type { Mapping } from "../../domain/mapping/mapping.ts";
import { isOfStream } from "../../domain/mapping/mapping.ts";
import { queueSetting } from "../../domain/queue/queue-config.ts";
import { entryProblem } from "../issues.ts";
import type { ConfigEntry } from "../kinds/kinds.ts";
import type { Entries } from "../merge.ts";
import { inReadingOrder, type Problem } from "../source/problem.ts";

type Checked = Pick<Config, "mappings" | "functions" | "queues">;

/** What is wrong with the functions that event source mappings call. */
export function mappingProblems({ eventSourceMappings }: Entries, config: Checked): readonly Problem[] {
  return eventSourceMappings.flatMap((entry) => {
    const mapping = config.mappings.get(entry.name);
    const fn = mapping && config.functions.get(mapping.functionName);
    if (fn?.run.kind !== "runtimeApi") return [];
    return [entryProblem(entry, ["function"], "must name a function that is called, not one that polls", "value")];
  });
}

/**
 * Lint warnings: mappings of queues whose messages are visible again while the function may still be at work on them.
 *
 * @param entries the mappings as their files have them
 */
export function lintMappings(config: Checked, entries: readonly ConfigEntry[]): readonly Problem[] {
  const found = entries.flatMap((entry) => {
    const mapping = config.mappings.get(entry.name);
    const warning = mapping && visibilityWarning(mapping, config);
    return warning === undefined ? [] : [entryProblem(entry, ["queue"], warning, "value")];
  });
  return inReadingOrder(found);
}

/** Lambda refuses such mappings; here the queue is others' too. */
function visibilityWarning(mapping: Mapping, { queues, functions }: Checked): string | undefined {
  if (isOfStream(mapping)) return undefined;
  const { source, functionName } = mapping;
  const [queue, fn] = [queues.get(source.queue), functions.get(functionName)];
  if (queue === undefined || fn === undefined) return undefined;
  const visibility = queueSetting(queue, "visibilityTimeoutSeconds");
  if (visibility >= fn.timeoutSeconds) return undefined;
  return `has a visibility timeout of ${visibility} seconds, less than the function's timeout of ${fn.timeoutSeconds}: six times that is advised`;
}
