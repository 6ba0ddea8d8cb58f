import { setImmediate } from "node:timers/promises";
import type { z } from "zod";
import type { Config } from "../domain/config.ts";
import type { Rule } from "../domain/rule/rule.ts";
import { ruleKey } from "../domain/rule/rule.ts";
import type { RuleIndex } from "../pattern/rule-index.ts";
import { indexInSlices } from "../pattern/rule-index.ts";
import type { Compilers, Context } from "./kinds/context.ts";
import { parseFile } from "./source/document.ts";
import { readConfigFiles, type ConfigFile } from "./source/files.ts";
import { checkEntry, entryProblem } from "./issues.ts";
import { mergeEntries, type Entries } from "./merge.ts";
import type { ConfigEntry, Section } from "./kinds/kinds.ts";
import { KINDS, nameProblem, NOUNS, SINGLE_SECTIONS } from "./kinds/kinds.ts";
import type { Kind } from "./kinds/kind.ts";
import { inReadingOrder, type Problem } from "./source/problem.ts";
import { DEFAULT_SECRET_FOLDERS, fillReferences, readSecrets, type Secrets } from "./source/references.ts";

/** It is there whether configured or not: rules and events that name no bus mean it. */
const DEFAULT_BUS = "default";

type ParsedConfigFile = ReturnType<typeof parseFile<Section>>;

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      /** The rules as the files have them, for warnings that name the place of one. */
      readonly ruleEntries: readonly ConfigEntry[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a folder's `*.yaml` files as one configuration: merged, checked whole, compiled. With anything wrong there is
 * no configuration but every problem, in the order of the files. Never rejects for what the files say.
 */
export async function loadConfig(
  folder: string,
  compilers: Compilers,
  env: NodeJS.ProcessEnv = process.env,
): Promise<LoadedConfig> {
  const { files, problems: unread } = await readConfigFiles(folder);
  const parsed = await parseFiles(files);
  const problems = [...unread, ...parsed.flatMap((file) => file.problems)];

  const entries = mergeEntries(
    parsed.flatMap((file) => file.entries),
    problems,
  );
  const context: Context = {
    compileConditions: (json) => compilers.compileConditions(json),
    allowProcess: compilers.allowProcess ?? true,
    names: namesIn(entries),
    allNamesKnown: unread.length === 0 && parsed.every((file) => file.legible),
  };
  const folders = compilers.secretFolders ?? DEFAULT_SECRET_FOLDERS;
  const secrets = await readSecrets(Object.values(entries).flat(), { env, folders });
  const config = await assemble(entries, context, secrets, problems);

  if (problems.length > 0) return { ok: false, problems: inReadingOrder(problems) };
  const enabled = [...config.rules.values()].filter((rule) => rule.state === "ENABLED");
  const whole = Object.freeze({ ...config, rulesByBus: await indexedByBus(enabled) });
  return { ok: true, config: whole, ruleEntries: entries.rules };
}

/** One MB of YAML takes a second, more or less: whatever else the process has to do is done between two files. */
async function parseFiles(files: readonly ConfigFile[]): Promise<readonly ParsedConfigFile[]> {
  const parsed: ParsedConfigFile[] = [];
  for (const file of files) {
    await setImmediate();
    parsed.push(parseFile(file, NOUNS, SINGLE_SECTIONS));
  }
  return parsed;
}

/** What there is to point at. An entry that is wrong in itself still counts: what points at it is not wrong too. */
function namesIn(entries: Entries): Context["names"] {
  const names = (section: readonly ConfigEntry[]) => new Set(section.map((entry) => entry.name));
  return {
    function: names(entries.functions),
    "api-destination": names(entries.apiDestinations),
    queue: names(entries.queues),
    "event-bus": names(entries.eventBuses).add(DEFAULT_BUS),
  };
}

/** Checking an entry takes up to a tenth of a millisecond: puts go on between these. */
const ENTRIES_A_TURN = 50;

type Unindexed = Omit<Config, "rulesByBus">;

/** Checks every entry and makes the configuration. It is whole only if no problem was added. */
async function assemble(entries: Entries, context: Context, secrets: Secrets, problems: Problem[]): Promise<Unindexed> {
  async function made<Shape, Made>(
    kind: Kind<Shape, Made>,
    itsEntries: readonly ConfigEntry[],
  ): Promise<readonly Made[]> {
    const schema = kind.schema(context);
    const all: Made[] = [];
    for (const [at, entry] of itsEntries.entries()) {
      if (at % ENTRIES_A_TURN === 0) await setImmediate();
      const shape = check(entry, context, schema, secrets, problems);
      if (shape !== undefined) all.push(kind.make(entry.name, shape));
    }
    return all;
  }

  const rules = await made(KINDS.rules, entries.rules);
  const [journal] = await made(KINDS.journal, entries.journal);
  return {
    eventBuses: byName([{ name: DEFAULT_BUS }, ...(await made(KINDS.eventBuses, entries.eventBuses))]),
    functions: byName(await made(KINDS.functions, entries.functions)),
    queues: byName(await made(KINDS.queues, entries.queues)),
    apiDestinations: byName(await made(KINDS.apiDestinations, entries.apiDestinations)),
    rules: new Map(rules.map((rule) => [ruleKey(rule.bus, rule.name), rule])),
    ...(journal === undefined ? {} : { journal }),
  };
}

/** The index of 100,000 rules takes most of a second: whatever else the process has to do is done between its slices. */
async function indexedByBus(rules: readonly Rule[]): Promise<Config["rulesByBus"]> {
  const byBus = new Map<string, RuleIndex<Rule>>();
  for (const [bus, itsRules] of Map.groupBy(rules, (rule) => rule.bus)) {
    const slices = indexInSlices(itsRules);
    let slice = slices.next();
    for (; !slice.done; slice = slices.next()) await setImmediate();
    byBus.set(bus, slice.value);
  }
  return byBus;
}

/** Checks one entry: its name, its references to secrets, its value. */
function check<T>(
  entry: ConfigEntry,
  context: Context,
  schema: z.ZodType<T>,
  secrets: Secrets,
  problems: Problem[],
): T | undefined {
  const wrongName = nameProblem(entry, context);
  if (wrongName !== undefined) problems.push(entryProblem(entry, [], wrongName, "key"));
  const filled = fillReferences(entry, secrets);
  for (const { path, message } of filled.problems) problems.push(entryProblem(entry, path, message, "value"));
  return checkEntry(schema, entry, filled, problems);
}

function byName<T extends { readonly name: string }>(things: readonly T[]): ReadonlyMap<string, T> {
  return new Map(things.map((thing) => [thing.name, thing]));
}
