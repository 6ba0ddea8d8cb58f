import type { Config } from "../../domain/config.ts";
import { allVersions } from "../../domain/target/function-version.ts";
import type { FunctionConfig } from "../../domain/target/function.ts";
import { entryProblem } from "../issues.ts";
import type { Entries } from "../merge.ts";
import { identityOf } from "../merge.ts";
import type { Problem } from "../source/problem.ts";

/** Targets with batches whose function cannot be called with them. */
export function batchProblems(
  { rules: entries }: Entries,
  { rules, functions }: Pick<Config, "rules" | "functions">,
): readonly Problem[] {
  return entries.flatMap((entry) =>
    (rules.get(identityOf(entry))?.targets ?? []).flatMap(({ id, to, batch }) => {
      const fn = functions.get(to.name);
      const why = batch === undefined || fn === undefined ? undefined : allVersions(fn).map(whyNot).find(Boolean);
      if (why === undefined) return [];
      return [entryProblem(entry, ["targets", id, "batch"], `is not for function "${to.name}", ${why}`, "value")];
    }),
  );
}

function whyNot({ run, orderBy }: FunctionConfig): string | undefined {
  if (orderBy !== undefined) return "which has orderBy: the events of a key are called one at a time";
  if (run.kind === "runtimeApi") return "which polls: a poll takes one event";
  if (run.kind === "container")
    return "a container: one router at a time calls it, and each router has batches of its own";
  if (run.kind === "http" && run.format === "cloudevents") return "which takes CloudEvents: a call has one";
  return undefined;
}
