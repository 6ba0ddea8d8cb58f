import { JoinedMap } from "../../../collections/joined-map.ts";
import { SortedMap } from "../../../collections/sorted-map.ts";
import type { Identity } from "../../../domain/arn.ts";
import type { Config, EventBus } from "../../../domain/config.ts";
import { managedRuleName } from "../../../domain/archive/archive.ts";
import type { MadeBusInForce, MadeRuleInForce } from "../../../domain/made/made.ts";
import type { Rule } from "../../../domain/rule/rule.ts";
import { ruleKey, splitRuleKey } from "../../../domain/rule/rule.ts";
import type { EntryTexts, ShownEntry } from "../../document/config-document.ts";
import { documentOf, textOf, textsOf } from "../../document/config-document.ts";
import type { DocumentFacts } from "../../document/document-facts.ts";
import type { CompiledRule } from "./compiled-entities.ts";
import { UNREADABLE } from "./compiled-entities.ts";
import { DeadLetterQueues } from "./dead-letter-queues.ts";
import type { CompiledArchive } from "./made-archives.ts";
import { MadeArchives } from "./made-archives.ts";
import { archiveEntry, ruleEntry } from "../entry/made-entry.ts";
import type { MadeDestinationsInForce } from "./made-destinations.ts";
import { NO_DESTINATIONS } from "./made-destinations.ts";
import { busInForce, madeEntries, shownBus } from "./made-document.ts";
import type { MadeAlias } from "../../../domain/made/function-alias.ts";
import { MadeAliases } from "./made-aliases.ts";
import type { CompiledMapping } from "./made-mappings.ts";
import { MadeMappings } from "./made-mappings.ts";
import { mappingEntry } from "../entry/mapping-entry.ts";
import { withDestinations } from "../entry/made-rule.ts";
import type { CompiledQueue } from "./made-queues.ts";
import { MadeQueues } from "./made-queues.ts";
import { queueEntry } from "../entry/queue-entry.ts";
import { MadeSchedules } from "./made-schedules.ts";
import type { RuleChange } from "./rule-change.ts";

/** A configuration of files, and what each of its entries says. */
export interface FileConfig {
  readonly config: Config;
  readonly texts: EntryTexts;
  readonly facts: DocumentFacts;
}

/** What is to be known of queues, or of event source mappings, to put one in. */
interface KindOfEntry<Made, Compiled> {
  /** As in `queue orders`. */
  readonly what: string;
  /** Where in the files each of them is. */
  readonly places: ReadonlyMap<string, string> | undefined;
  readonly inForce: {
    readonly made: { get(name: string): Made | undefined };
    replace(name: string, compiled: Compiled | undefined): void;
  };
  readonly entryOf: (name: string, made: Made, identity: Identity) => ShownEntry;
}

/**
 * What of the store is in force beside the configuration of some files, and what is left out. Each thing is put in by itself, in
 * a time that does not depend on how many there are. Nothing of a configuration that was taken from it changes.
 */
export class MadeInForce {
  readonly files: FileConfig;
  readonly #identity: Identity;
  #buses: SortedMap<MadeBusInForce> = SortedMap.empty();
  #rules: SortedMap<Rule> = SortedMap.empty();
  #madeRules: SortedMap<MadeRuleInForce> = SortedMap.empty();
  #leftOut: SortedMap<string> = SortedMap.empty();
  #eventBuses: SortedMap<EventBus> = SortedMap.empty();
  #destinations: MadeDestinationsInForce = NO_DESTINATIONS;
  #apiDestinations: Config["apiDestinations"];
  readonly #facts: DocumentFacts;
  readonly #deadLetterQueues: DeadLetterQueues;
  readonly #schedules: MadeSchedules;
  readonly #archives: MadeArchives;
  readonly #queues: MadeQueues;
  readonly #mappings: MadeMappings;
  readonly #aliases: MadeAliases;

  constructor(files: FileConfig, identity: Identity) {
    this.files = files;
    this.#identity = identity;
    this.#facts = files.facts.copy();
    this.#deadLetterQueues = new DeadLetterQueues(files.config.ruleDeadLetterQueues);
    this.#schedules = new MadeSchedules(files.config.schedules);
    this.#archives = new MadeArchives(files.config.archives);
    this.#queues = new MadeQueues(files.config.queues);
    this.#mappings = new MadeMappings(files.config.mappings);
    this.#aliases = new MadeAliases(files.config.functions);
    this.#apiDestinations = files.config.apiDestinations;
    for (const [name, bus] of files.config.eventBuses) this.#eventBuses = this.#eventBuses.with(name, bus);
  }

  /** @param bus as the store has it; undefined where it has none of that name. */
  putBus(name: string, bus: MadeBusInForce | typeof UNREADABLE | undefined): void {
    const { eventBuses, places } = this.files.config;
    const place = places?.buses.get(name);
    if (bus === UNREADABLE) this.#explain(`event bus ${name}`, "it cannot be read");
    else if (bus !== undefined && place !== undefined)
      this.#explain(`event bus ${name}`, `a file has one of that name (${place})`);
    else this.#explain(`event bus ${name}`, undefined);

    const before = this.#buses.get(name);
    const after = bus === UNREADABLE || place !== undefined ? undefined : bus;
    this.#say(before && shownBus(name, before), after && shownBus(name, after));
    this.#buses = after === undefined ? this.#buses.without(name) : this.#buses.with(name, after);
    const eventBus = after === undefined ? eventBuses.get(name) : busInForce(name, after);
    this.#eventBuses = eventBus === undefined ? this.#eventBuses.without(name) : this.#eventBuses.with(name, eventBus);
  }

  /** Its bus must have been put in before. */
  putArchive(name: string, compiled: CompiledArchive | typeof UNREADABLE | undefined): RuleChange {
    const whyNot = compiled === undefined ? undefined : this.#whyNotArchive(name, compiled);
    this.#explain(`archive ${name}`, whyNot);
    const before = this.#archives.made.get(name);
    const after = compiled === UNREADABLE || whyNot !== undefined ? undefined : compiled;
    this.#say(before && archiveEntry(name, before), after && archiveEntry(name, after.made));
    return this.#archives.replace(name, after);
  }

  putQueue(name: string, compiled: CompiledQueue | typeof UNREADABLE | undefined): void {
    const places = this.files.config.places?.queues;
    this.#put(name, compiled, { what: "queue", places, inForce: this.#queues, entryOf: queueEntry });
  }

  /** What it reads and calls need not be there: it waits for both. */
  putMapping(uuid: string, compiled: CompiledMapping | typeof UNREADABLE | undefined): void {
    const places = this.files.config.places?.mappings;
    this.#put(uuid, compiled, { what: "event source mapping", places, inForce: this.#mappings, entryOf: mappingEntry });
  }

  /** An alias, or a shift of one of a file. */
  putAlias(key: string, made: MadeAlias | typeof UNREADABLE | undefined): void {
    this.#explain(`alias ${key}`, this.#aliases.replace(key, made));
  }

  /** Puts in what is whole by itself, unless a file has one of that name. */
  #put<Made, Compiled extends { readonly made: Made }>(
    name: string,
    compiled: Compiled | typeof UNREADABLE | undefined,
    { what, places, inForce, entryOf }: KindOfEntry<Made, Compiled>,
  ): void {
    const place = places?.get(name);
    const taken = place === undefined ? undefined : `a file has one of that name (${place})`;
    const whyNot = compiled === UNREADABLE ? "it cannot be read" : compiled && taken;
    this.#explain(`${what} ${name}`, whyNot);
    const before = inForce.made.get(name);
    const after = compiled === UNREADABLE || whyNot !== undefined ? undefined : compiled;
    this.#say(before && entryOf(name, before, this.#identity), after && entryOf(name, after.made, this.#identity));
    inForce.replace(name, after);
  }

  /** @returns the names of the API destinations that came or went. */
  putDestinations(next: MadeDestinationsInForce): readonly string[] {
    const before = this.#destinations;
    this.#destinations = next;
    for (const what of before.leftOut.keys()) if (!next.leftOut.has(what)) this.#explain(what, undefined);
    for (const [what, whyNot] of next.leftOut) this.#explain(what, whyNot);
    const names = [...new Set([...before.entries.keys(), ...next.entries.keys()])];
    for (const name of names) {
      const [old, now] = [before.entries.get(name), next.entries.get(name)];
      if (old !== now) this.#say(old, now);
    }
    this.#apiDestinations = new Map([...this.files.config.apiDestinations, ...next.configs]);
    return names.filter((name) => before.entries.has(name) !== next.entries.has(name));
  }

  /** The buses, queues and API destinations that it names must have been put in before, and the archives. */
  putRule(key: string, compiled: CompiledRule | typeof UNREADABLE | undefined): RuleChange {
    const whyNot = compiled === undefined ? undefined : this.#whyNot(key, compiled);
    this.#explain(`rule ${key}`, whyNot);
    const isInForce = compiled !== undefined && compiled !== UNREADABLE && whyNot === undefined;
    return this.#replaceRule(key, isInForce ? compiled : undefined);
  }

  /** The configuration of both. @param rulesByBus the index of the rules that are in force. */
  config(rulesByBus: Config["rulesByBus"]): Config {
    const { config, texts } = this.files;
    const { made: archives, rules: managed } = this.#archives;
    const { connections, destinations: apiDestinations, entries } = this.#destinations;
    const [buses, rules, leftOut] = [this.#buses, this.#madeRules, this.#leftOut];
    const [{ made: queues }, { made: mappings }] = [this.#queues, this.#mappings];
    const { made: aliases, functions } = this.#aliases;
    const made = { buses, rules, archives, queues, mappings, aliases, connections, apiDestinations, leftOut };
    const shown = [...entries.values()];
    return Object.freeze({
      ...config,
      eventBuses: this.#eventBuses,
      functions,
      fileFunctions: config.functions,
      queues: this.#queues.all,
      apiDestinations: this.#apiDestinations,
      archives: this.#archives.all,
      rules: new JoinedMap(new JoinedMap(config.rules, managed), this.#rules),
      ruleDeadLetterQueues: this.#deadLetterQueues.names,
      schedules: this.#schedules.all,
      mappings: this.#mappings.all,
      rulesByBus,
      made,
      document: documentOf(this.#facts, async () => [texts, await textsOf(madeEntries(made, shown, this.#identity))]),
    });
  }

  #whyNot(key: string, compiled: CompiledRule | typeof UNREADABLE): string | undefined {
    const place = this.files.config.places?.rules.get(key);
    const { bus } = splitRuleKey(key);
    if (compiled === UNREADABLE) return "it cannot be read";
    if (place !== undefined) return `a file has one of that name (${place})`;
    if (this.#archives.rules.has(key) || this.files.config.rules.has(key)) return "an archive has a rule of that name";
    return this.#eventBuses.has(bus) ? undefined : `there is no event bus "${bus}"`;
  }

  #whyNotArchive(name: string, compiled: CompiledArchive | typeof UNREADABLE): string | undefined {
    if (compiled === UNREADABLE) return "it cannot be read";
    const { places } = this.files.config;
    const { bus } = compiled.archive;
    const place = places?.archives.get(name) ?? places?.rules.get(ruleKey(bus, managedRuleName(name)));
    if (place !== undefined) return `a file has one of that name, or its rule (${place})`;
    return this.#eventBuses.has(bus) ? undefined : `there is no event bus "${bus}"`;
  }

  #replaceRule(key: string, compiled: CompiledRule | undefined): RuleChange {
    const before = this.#rules.get(key);
    const madeBefore = this.#madeRules.get(key);
    const { functions, streams } = this.files.config;
    const there = {
      functions,
      queues: this.#queues.all,
      streams,
      apiDestinations: this.#apiDestinations,
      eventBuses: this.#eventBuses,
    };
    const after = compiled && withDestinations(compiled.rule, there);
    this.#say(
      madeBefore && ruleEntry(key, madeBefore, this.#identity),
      compiled && ruleEntry(key, compiled.made, this.#identity),
    );
    this.#deadLetterQueues.replace(before, after);
    this.#schedules.replace(before, after);
    this.#rules = after === undefined ? this.#rules.without(key) : this.#rules.with(key, after);
    this.#madeRules = compiled === undefined ? this.#madeRules.without(key) : this.#madeRules.with(key, compiled.made);
    return { before, after };
  }

  #say(before: ShownEntry | undefined, after: ShownEntry | undefined): void {
    if (before !== undefined) this.#facts.remove(textOf(before));
    if (after !== undefined) this.#facts.add(textOf(after));
  }

  /** The map stays the same one as long as it says the same. */
  #explain(what: string, whyNot: string | undefined): void {
    if (this.#leftOut.get(what) === whyNot) return;
    this.#leftOut = whyNot === undefined ? this.#leftOut.without(what) : this.#leftOut.with(what, whyNot);
  }
}
