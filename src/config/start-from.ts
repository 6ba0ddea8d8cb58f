import type { Config } from "../domain/config.ts";
import { isJsonObject } from "../json/json.ts";
import { didYouMean } from "../text/nearest.ts";
import { entryProblem } from "./issues.ts";
import type { ConfigEntry } from "./kinds/kinds.ts";
import type { Entries } from "./merge.ts";
import { identityOf } from "./merge.ts";
import type { Problem } from "./source/problem.ts";

/** Rules that get a past: each is remembered in the control log, and at first read for by one router. */
const RULES_WITH_PAST_MAX = 100;

/** What is wrong with the archives that rules start from. */
export function startFromProblems(
  { rules, archives }: Entries,
  config: Pick<Config, "archives" | "rules" | "rulesWithPast">,
): readonly Problem[] {
  const having = rules.filter(({ raw }) => isJsonObject(raw) && Object.hasOwn(raw, "startFrom"));
  // An archive that is wrong in itself is there all the same.
  const wrongOnes = new Set(archives.map(({ name }) => name).filter((name) => !config.archives.has(name)));
  const wrong = having.flatMap((entry) => {
    const message = archiveProblem(entry, config, wrongOnes);
    return message === undefined ? [] : [entryProblem(entry, ["startFrom"], message, "value")];
  });
  const [first] = having.slice(RULES_WITH_PAST_MAX);
  if (first === undefined) return wrong;
  const tooMany = `is one too many: at most ${RULES_WITH_PAST_MAX} rules may have it, got ${having.length}`;
  return [...wrong, entryProblem(first, ["startFrom"], tooMany, "key")];
}

function archiveProblem(
  entry: ConfigEntry,
  { archives, rules }: Pick<Config, "archives" | "rules">,
  wrongOnes: ReadonlySet<string>,
): string | undefined {
  const { bus, name, startFrom } = rules.get(identityOf(entry)) ?? {};
  if (bus === undefined || name === undefined || startFrom === undefined) return undefined;
  const archive = archives.get(startFrom.archive);
  if (archive?.bus === bus || wrongOnes.has(startFrom.archive)) return undefined;
  if (archive !== undefined)
    return `archive "${archive.name}" keeps events of event bus "${archive.bus}", not of "${bus}"`;
  return startFrom.archive === bus
    ? `event bus "${bus}" has no retention: give it one, or name an archive of it`
    : `there is no archive "${startFrom.archive}"${didYouMean(startFrom.archive, archives.keys())}`;
}
