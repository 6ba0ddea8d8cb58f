import { setImmediate } from "node:timers/promises";
import type { z } from "zod";
import type { Config, FilePlaces } from "../domain/config.ts";
import { DEFAULT_BUS } from "../domain/config.ts";
import { LATEST } from "../domain/target/function-alias.ts";
import { isJsonObject } from "../json/json.ts";
import { batchedFunctionsOf, deadLetterQueuesOf, ruleKey } from "../domain/rule/rule.ts";
import { ruleSchedules } from "../domain/schedule/rule-schedules.ts";
import { archiveNameProblems, busesWithRetention } from "./archive-names.ts";
import type { Compilers, Context } from "./kinds/kind/context.ts";
import type { EntryTexts } from "./document/config-document.ts";
import { documentOf, factsOf, textsOf } from "./document/config-document.ts";
import type { DocumentFacts } from "./document/document-facts.ts";
import { indexedByBus } from "./indexed-rules.ts";
import { parseFile } from "./source/document.ts";
import { readConfigFiles, type ConfigFile } from "./source/files.ts";
import { managedRule } from "./managed-rules.ts";
import { checkEntry, entryProblem } from "./issues.ts";
import { batchProblems } from "./problems/batch-problems.ts";
import { delayProblems } from "./problems/delay-problems.ts";
import { httpRouteProblems } from "./problems/http-route-problems.ts";
import { layerProblems } from "./problems/layer-problems.ts";
import { mappingProblems } from "./problems/mapping-problems.ts";
import { redriveProblems } from "./problems/redrive-problems.ts";
import { startFromProblems } from "./start-from.ts";
import { identityOf, mergeEntries, type Entries } from "./merge.ts";
import type { ConfigEntry, Section } from "./kinds/kinds.ts";
import { KINDS, nameProblem, NOUNS, SINGLE_SECTIONS } from "./kinds/kinds.ts";
import type { Kind } from "./kinds/kind/kind.ts";
import { formatPlace, inReadingOrder, type Problem } from "./source/problem.ts";
import { DEFAULT_SECRET_FOLDERS, fillReferences, readSecrets, type Secrets } from "./source/references.ts";

type ParsedConfigFile = ReturnType<typeof parseFile<Section>>;

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Rules, schedules and event source mappings as the files have them, for warnings that name the place of one. */
      readonly ruleEntries: readonly ConfigEntry[];
      readonly scheduleEntries: readonly ConfigEntry[];
      readonly mappingEntries: readonly ConfigEntry[];
      /** What the files say, entry by entry, for a document with what was made over the API. */
      readonly texts: EntryTexts;
      readonly facts: DocumentFacts;
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
  problems.push(...archiveNameProblems(entries));
  const context: Context = {
    compileConditions: (json) => compilers.compileConditions(json),
    allowProcess: compilers.allowProcess ?? true,
    names: namesIn(entries),
    allNamesKnown: unread.length === 0 && parsed.every((file) => file.legible),
  };
  const folders = compilers.secretFolders ?? DEFAULT_SECRET_FOLDERS;
  const secrets = await readSecrets(Object.values(entries).flat(), { env, folders });
  const config = await assemble(entries, context, secrets, problems);
  if (context.allNamesKnown) problems.push(...acrossProblems(entries, config));
  problems.push(...(await layerProblems(entries, config, compilers)));

  if (problems.length > 0) return { ok: false, problems: inReadingOrder(problems) };
  const rulesByBus = await indexedByBus(config.rules.values());
  const texts = await textsOf(Object.values(entries).flat());
  const facts = await factsOf(texts);
  const document = documentOf(facts, () => Promise.resolve([texts]));
  const whole = Object.freeze({ ...config, rulesByBus, places: placesOf(entries), document });
  const { rules: ruleEntries, schedules: scheduleEntries, eventSourceMappings: mappingEntries } = entries;
  return { ok: true, config: whole, ruleEntries, scheduleEntries, mappingEntries, texts, facts };
}

/** What is wrong between entries that are right each by itself. */
function acrossProblems(entries: Entries, config: Unindexed): readonly Problem[] {
  return [
    ...startFromProblems(entries, config),
    ...delayProblems(entries, config),
    ...batchProblems(entries, config),
    ...mappingProblems(entries, config),
    ...httpRouteProblems(entries, config),
    ...redriveProblems(entries, config),
  ];
}

/** Where buses, functions, archives, queues, rules, schedules and event source mappings stand, for whoever wants to change one over the API. */
function placesOf(entries: Entries): FilePlaces {
  const { eventBuses, functions, rules, schedules, queues, eventSourceMappings } = entries;
  const archives = [...busesWithRetention(entries), ...entries.archives];
  return {
    buses: new Map(eventBuses.map((entry) => [entry.name, formatPlace(entry.keyPlace([]))])),
    functions: new Map(functions.map((entry) => [entry.name, formatPlace(entry.keyPlace([]))])),
    rules: new Map(rules.map((entry) => [identityOf(entry), formatPlace(entry.keyPlace([]))])),
    schedules: new Map(schedules.map((entry) => [entry.name, formatPlace(entry.keyPlace([]))])),
    queues: new Map(queues.map((entry) => [entry.name, formatPlace(entry.keyPlace([]))])),
    mappings: new Map(eventSourceMappings.map((entry) => [entry.name, formatPlace(entry.keyPlace([]))])),
    archives: new Map(archives.map((entry) => [entry.name, formatPlace(entry.keyPlace([]))])),
  };
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
    function: new Set(entries.functions.flatMap(functionNames)),
    "api-destination": names(entries.apiDestinations),
    queue: names(entries.queues),
    stream: names(entries.streams),
    "event-bus": names(entries.eventBuses).add(DEFAULT_BUS),
  };
}

/** What a function may be called by: its name, and that with each version and alias. */
function functionNames({ name, raw }: ConfigEntry): readonly string[] {
  const { versions = null, aliases = null } = isJsonObject(raw) ? raw : {};
  const qualifiers = [versions, aliases].flatMap((named) => (isJsonObject(named) ? Object.keys(named) : []));
  return [name, `${name}:${LATEST}`, ...qualifiers.map((qualifier) => `${name}:${qualifier}`)];
}

/** Checking an entry takes up to a tenth of a millisecond: puts go on between these. */
const ENTRIES_A_TURN = 50;

type Unindexed = Omit<Config, "rulesByBus" | "places" | "document">;

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
  const buses = await made(KINDS.eventBuses, entries.eventBuses);
  const archives = [
    ...buses.flatMap(({ archive }) => archive ?? []),
    ...(await made(KINDS.archives, entries.archives)),
  ];
  const managed = archives.map(managedRule);
  const [journal] = await made(KINDS.journal, entries.journal);
  const [logs] = await made(KINDS.logs, entries.logs);
  return {
    eventBuses: byName([{ name: DEFAULT_BUS }, ...buses.map(({ bus }) => bus)]),
    functions: byName(await made(KINDS.functions, entries.functions)),
    queues: byName(await made(KINDS.queues, entries.queues)),
    streams: byName(await made(KINDS.streams, entries.streams)),
    apiDestinations: byName(await made(KINDS.apiDestinations, entries.apiDestinations)),
    archives: byName(archives),
    rules: new Map([...rules, ...managed].map((rule) => [ruleKey(rule.bus, rule.name), rule])),
    rulesWithPast: rules.filter(({ startFrom }) => startFrom !== undefined),
    schedules: new Map([...byName(await made(KINDS.schedules, entries.schedules)), ...ruleSchedules(rules)]),
    mappings: byName(await made(KINDS.eventSourceMappings, entries.eventSourceMappings)),
    httpRoutes: byName(await made(KINDS.httpRoutes, entries.httpRoutes)),
    batchedFunctions: new Set(rules.flatMap(batchedFunctionsOf)),
    ruleDeadLetterQueues: new Set(rules.flatMap(deadLetterQueuesOf)),
    ...(journal === undefined ? {} : { journal }),
    ...(logs === undefined ? {} : { logs }),
  };
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
