import type { Config } from "../../domain/config.ts";
import { entryProblem } from "../issues.ts";
import type { Entries } from "../merge.ts";
import { identityOf } from "../merge.ts";
import type { Problem } from "../source/problem.ts";

/** Targets with a delay whose function keeps an order: what waits would be passed by later events of its key. */
export function delayProblems(
  { rules: entries }: Entries,
  { rules, functions }: Pick<Config, "rules" | "functions">,
): readonly Problem[] {
  return entries.flatMap((entry) =>
    (rules.get(identityOf(entry))?.targets ?? []).flatMap(({ id, to, delaySeconds }) => {
      const isOrdered = to.kind === "function" && functions.get(to.name)?.orderBy !== undefined;
      if (delaySeconds === undefined || !isOrdered) return [];
      const message = `is not for function "${to.name}", which has orderBy: what waits would lose its place`;
      return [entryProblem(entry, ["targets", id, "delaySeconds"], message, "value")];
    }),
  );
}
