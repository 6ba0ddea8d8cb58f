import type { Config } from "../domain/config.ts";
import { entryProblem } from "./issues.ts";
import type { Compilers } from "./kinds/context.ts";
import type { Entries } from "./merge.ts";
import type { Problem } from "./source/problem.ts";

/** What is wrong with the folders and archives that functions have as layers. */
export async function layerProblems(
  { functions }: Entries,
  config: Pick<Config, "functions">,
  compilers: Compilers,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  if (compilers.layerProblem === undefined || compilers.allowProcess === false) return problems;
  for (const entry of functions) {
    const run = config.functions.get(entry.name)?.run;
    const layers = run?.kind === "process" ? (run.layers ?? []) : [];
    for (const [index, layer] of layers.entries()) {
      const problem = await compilers.layerProblem(layer);
      const path = ["process", "layers", index, layer.kind];
      if (problem !== undefined) problems.push(entryProblem(entry, path, `${layer.path} ${problem}`, "value"));
    }
  }
  return problems;
}
