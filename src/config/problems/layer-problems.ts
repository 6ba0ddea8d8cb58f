import type { Config } from "../../domain/config.ts";
import type { FunctionConfig } from "../../domain/target/function.ts";
import type { Layer } from "../../domain/target/layer.ts";
import { allVersions } from "../../domain/target/function-version.ts";
import { entryProblem } from "../issues.ts";
import type { Compilers } from "../kinds/kind/context.ts";
import type { Entries } from "../merge.ts";
import type { Path } from "../source/document.ts";
import type { Problem } from "../source/problem.ts";

/** What is wrong with the folders and archives that functions have as layers. */
export async function layerProblems(
  { functions }: Entries,
  config: Pick<Config, "functions">,
  compilers: Compilers,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  if (compilers.layerProblem === undefined || compilers.allowProcess === false) return problems;
  for (const entry of functions) {
    const fn = config.functions.get(entry.name);
    for (const { at, layer } of fn === undefined ? [] : layersOf(fn)) {
      const problem = await compilers.layerProblem(layer);
      if (problem !== undefined) problems.push(entryProblem(entry, at, `${layer.path} ${problem}`, "value"));
    }
  }
  return problems;
}

/** The layers of a function and of those of its versions that have a command of their own, with where they stand. */
function layersOf(fn: FunctionConfig): readonly { readonly at: Path; readonly layer: Layer }[] {
  return allVersions(fn).flatMap(({ version, run }) => {
    if (run.kind !== "process" || (version !== undefined && run === fn.run)) return [];
    const above = version === undefined ? [] : ["versions", version];
    return (run.layers ?? []).map((layer, index) => ({
      at: [...above, "process", "layers", index, layer.kind],
      layer,
    }));
  });
}
