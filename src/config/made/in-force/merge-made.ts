import { setImmediate } from "node:timers/promises";
import type { Identity } from "../../../domain/arn.ts";
import type { Config } from "../../../domain/config.ts";
import { ARCHIVE_KIND, BUS_KIND, RULE_KIND } from "../../../domain/made/made.ts";
import { FUNCTION_ALIAS_KIND } from "../../../domain/made/function-alias.ts";
import { MAPPING_KIND } from "../../../domain/made/mapping.ts";
import { QUEUE_KIND } from "../../../domain/made/queue.ts";
import { ruleKey } from "../../../domain/rule/rule.ts";
import { destinationLabel } from "../../../domain/target/target.ts";
import type { ChangedEntity } from "../../../ports/made.ts";
import type { Sealing } from "../../../ports/store/sealing.ts";
import { BusIndexes } from "./bus-indexes.ts";
import { CompiledEntities, queueLabel } from "./compiled-entities.ts";
import { DESTINATION_KINDS, MadeDestinations } from "./made-destinations.ts";
import type { FileConfig } from "./made-in-force.ts";
import { MadeInForce } from "./made-in-force.ts";
import type { RuleChange } from "./rule-change.ts";

/** A rule takes up to two tenths of a millisecond: other work goes on between these. */
const RULES_A_TURN = 25;

/** What is in force, as of the last merge. */
interface Merged {
  readonly made: MadeInForce;
  readonly indexes: BusIndexes;
}

/**
 * Makes one configuration of what files say and what was made over the API. Names are one space, and a file comes first.
 *
 * A change of the API takes as long as what it changes, however much there is besides. Only other files have everything put
 * together anew, of what was compiled before.
 */
export class MadeMerge {
  readonly #identity: Identity;
  readonly #entities: CompiledEntities;
  readonly #destinations: MadeDestinations;
  readonly #onRenewed: () => void;
  /** Undefined before the first merge, and after one that failed halfway. */
  #merged: Merged | undefined;

  /**
   * @param openSecret opens what the secrets of connections were sealed to.
   * @param onRenewed called when a merge would put indexes in force that match faster.
   */
  constructor(identity: Identity, openSecret: Sealing["open"], onRenewed: () => void) {
    this.#identity = identity;
    this.#destinations = new MadeDestinations(identity, openSecret);
    this.#entities = new CompiledEntities(identity);
    this.#onRenewed = onRenewed;
  }

  /**
   * One call at a time.
   *
   * @param changed what has changed in the store since the last merge; the first time, everything that it has. What was given
   *   to a merge that failed may be given again.
   */
  async merge(files: FileConfig, changed: readonly ChangedEntity[]): Promise<Config> {
    const known = this.#merged?.made.files === files ? this.#merged : undefined;
    this.#merged = undefined;
    await this.#compile(changed);
    const merged = known ?? this.#beside(files);
    const changes = known === undefined ? await this.#putAll(merged.made) : await this.#put(merged.made, changed);
    await merged.indexes.change(changes);
    this.#merged = merged;
    return merged.made.config(merged.indexes.byBus);
  }

  #beside(files: FileConfig): Merged {
    const indexes = new BusIndexes(files.config.rulesByBus, this.#onRenewed);
    return { made: new MadeInForce(files, this.#identity), indexes };
  }

  async #compile(changed: readonly ChangedEntity[]): Promise<void> {
    for (const [at, one] of changed.entries()) {
      if ((at + 1) % RULES_A_TURN === 0) await setImmediate();
      this.#entities.change(one);
      this.#destinations.change(one);
    }
  }

  async #putAll(made: MadeInForce): Promise<readonly RuleChange[]> {
    for (const [name, bus] of this.#entities.buses) made.putBus(name, bus);
    for (const [name, queue] of this.#entities.queues) made.putQueue(name, queue);
    for (const [uuid, mapping] of this.#entities.mappings) made.putMapping(uuid, mapping);
    for (const [key, alias] of this.#entities.aliases) made.putAlias(key, alias);
    made.putDestinations(await this.#destinations.inForce(made.files.config));
    const managed = [...this.#entities.archives].map(([name, archive]) => made.putArchive(name, archive));
    return [...managed, ...(await this.#putRules(made, this.#entities.rules.keys()))];
  }

  /**
   * A rule or an archive is put in force anew with each bus that it names, and a rule with each API destination and queue: it may be
   * there now, or be there no more. So is a rule that an archive takes the name of.
   */
  async #put(made: MadeInForce, changed: readonly ChangedEntity[]): Promise<readonly RuleChange[]> {
    const buses = changed.filter(({ kind }) => kind === BUS_KIND).map(({ name }) => name);
    for (const name of buses) made.putBus(name, this.#entities.buses.get(name));
    const queues = changed.filter(({ kind }) => kind === QUEUE_KIND).map(({ name }) => name);
    for (const name of queues) made.putQueue(name, this.#entities.queues.get(name));
    for (const { name } of changed.filter(({ kind }) => kind === MAPPING_KIND))
      made.putMapping(name, this.#entities.mappings.get(name));
    for (const { name } of changed.filter(({ kind }) => kind === FUNCTION_ALIAS_KIND))
      made.putAlias(name, this.#entities.aliases.get(name));
    const destinations = changed.some(({ kind }) => DESTINATION_KINDS.has(kind))
      ? made.putDestinations(await this.#destinations.inForce(made.files.config))
      : [];
    const rules = changed.filter(({ kind }) => kind === RULE_KIND).map(({ name }) => name);
    const labels = destinations.map((name) => destinationLabel({ kind: "api-destination", name }));
    const naming = [...buses, ...labels, ...queues.map(queueLabel)].flatMap((name) => [
      ...this.#entities.rulesNaming(name),
    ]);
    const archives = changed.filter(({ kind }) => kind === ARCHIVE_KIND).map(({ name }) => name);
    const onBuses = buses.flatMap((name) => this.#entities.archivesOf(name));
    const managed = [...new Set([...archives, ...onBuses])].map((name) =>
      made.putArchive(name, this.#entities.archives.get(name)),
    );
    const named = managed.flatMap(({ before, after }) => [before, after]).filter((rule) => rule !== undefined);
    const keys = named.map(({ bus, name }) => ruleKey(bus, name)).filter((key) => this.#entities.rules.has(key));
    return [...managed, ...(await this.#putRules(made, new Set([...rules, ...naming, ...keys])))];
  }

  async #putRules(made: MadeInForce, keys: Iterable<string>): Promise<readonly RuleChange[]> {
    const changes: RuleChange[] = [];
    for (const key of keys) {
      changes.push(made.putRule(key, this.#entities.rules.get(key)));
      if (changes.length % RULES_A_TURN === 0) await setImmediate();
    }
    return changes;
  }
}
