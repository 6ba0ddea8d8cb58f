import { type ListedMapping, mappingState, resultText } from "../../logic/mappings.ts";
import { targetPath } from "../../logic/rules/rules.ts";
import { Chip } from "../../parts/chip.tsx";
import { Ago } from "../../parts/time.tsx";
import { pathTo } from "../../shell/paths.ts";

/** A mapping's state at the router that answers. */
export function MappingStateChip({ mapping }: { readonly mapping: ListedMapping }) {
  const { tone, word } = mappingState(mapping);
  return <Chip tone={tone}>{word}</Chip>;
}

/** A queue has a page of its own. */
export function Source({ source: { kind, name } }: Pick<ListedMapping, "source">) {
  if (kind !== "queue") return <>{`${kind}/${name}`}</>;
  return <a href={pathTo(targetPath({ kind, name }))}>{`queue/${name}`}</a>;
}

/** What came of the batch that ended last. */
export function LastResult({ mapping: { lastResult } }: { readonly mapping: ListedMapping }) {
  if (lastResult === undefined) return <span class="soft">none yet</span>;
  return (
    <>
      {resultText(lastResult)}, <Ago atMs={lastResult.atMs} />
    </>
  );
}
