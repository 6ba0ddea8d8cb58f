import type { Identity } from "../../../domain/arn.ts";
import type { MadeBusInForce, MadeRuleInForce } from "../../../domain/made/made.ts";
import { QUEUE_KIND } from "../../../domain/made/queue.ts";
import type { MadeAlias } from "../../../domain/made/function-alias.ts";
import { FUNCTION_ALIAS_KIND, readMadeAlias } from "../../../domain/made/function-alias.ts";
import { MAPPING_KIND } from "../../../domain/made/mapping.ts";
import { ARCHIVE_KIND, BUS_KIND, readMadeBus, readMadeRule, RULE_KIND } from "../../../domain/made/made.ts";
import type { Rule } from "../../../domain/rule/rule.ts";
import { destinationLabel } from "../../../domain/target/target.ts";
import type { ChangedEntity } from "../../../ports/made.ts";
import type { Entity } from "../../../ports/store/entities.ts";
import type { CompiledArchive } from "./made-archives.ts";
import { compileMadeArchive } from "./made-archives.ts";
import type { CompiledMapping } from "./made-mappings.ts";
import { compiledMappingOf } from "./made-mappings.ts";
import type { CompiledQueue } from "./made-queues.ts";
import { compiledQueueOf } from "./made-queues.ts";
import { compileMadeRule } from "../entry/made-rule.ts";

/** A rule of the store: as it was put, and compiled. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly made: MadeRuleInForce;
}

/** Something of the store that a router of another version wrote. */
export const UNREADABLE = "unreadable";
type OrUnreadable<Compiled> = Compiled | typeof UNREADABLE;

/** The buses, archives, queues, event source mappings and rules that the store has, each compiled once, whether they are in force or not. */
export class CompiledEntities {
  readonly #identity: Identity;
  readonly #buses = new Map<string, OrUnreadable<MadeBusInForce>>();
  readonly #rules = new Map<string, OrUnreadable<CompiledRule>>();
  readonly #archives = new Map<string, OrUnreadable<CompiledArchive>>();
  readonly #queues = new Map<string, OrUnreadable<CompiledQueue>>();
  readonly #mappings = new Map<string, OrUnreadable<CompiledMapping>>();
  readonly #aliases = new Map<string, OrUnreadable<MadeAlias>>();
  /**
   * By bus, or by API destination as `api-destination/NAME` and queue as `queue/NAME`, the rules that stand on it, have it as a
   * target or name it for dead letters.
   */
  readonly #rulesNaming = new Map<string, Set<string>>();

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  get buses(): ReadonlyMap<string, OrUnreadable<MadeBusInForce>> {
    return this.#buses;
  }

  /** By `bus/name`. */
  get rules(): ReadonlyMap<string, OrUnreadable<CompiledRule>> {
    return this.#rules;
  }

  get archives(): ReadonlyMap<string, OrUnreadable<CompiledArchive>> {
    return this.#archives;
  }

  get queues(): ReadonlyMap<string, OrUnreadable<CompiledQueue>> {
    return this.#queues;
  }

  /** By UUID. */
  get mappings(): ReadonlyMap<string, OrUnreadable<CompiledMapping>> {
    return this.#mappings;
  }

  /** By `FUNCTION/ALIAS`. */
  get aliases(): ReadonlyMap<string, OrUnreadable<MadeAlias>> {
    return this.#aliases;
  }

  /** The archives of a bus, whether it is there or not. */
  archivesOf(bus: string): readonly string[] {
    const ofBus = [...this.#archives].filter(([, one]) => one !== UNREADABLE && one.archive.bus === bus);
    return ofBus.map(([name]) => name);
  }

  /** The rules that depend on whether a bus, an `api-destination/NAME` or a `queue/NAME` is there. */
  rulesNaming(name: string): Iterable<string> {
    return this.#rulesNaming.get(name) ?? [];
  }

  /** Takes up to a tenth of a millisecond. */
  change({ kind, name, entity }: ChangedEntity): void {
    if (kind === BUS_KIND) this.#changeBus(name, entity);
    else if (kind === RULE_KIND) this.#changeRule(name, entity);
    else if (kind === QUEUE_KIND && entity === undefined) this.#queues.delete(name);
    else if (kind === QUEUE_KIND && entity !== undefined)
      this.#queues.set(name, compiledQueueOf(entity, this.#identity) ?? UNREADABLE);
    else if (kind === MAPPING_KIND && entity === undefined) this.#mappings.delete(name);
    else if (kind === MAPPING_KIND && entity !== undefined)
      this.#mappings.set(name, compiledMappingOf(entity, this.#identity) ?? UNREADABLE);
    else if (kind === FUNCTION_ALIAS_KIND && entity === undefined) this.#aliases.delete(name);
    else if (kind === FUNCTION_ALIAS_KIND && entity !== undefined)
      this.#aliases.set(name, readMadeAlias(entity.value) ?? UNREADABLE);
    else if (kind === ARCHIVE_KIND && entity === undefined) this.#archives.delete(name);
    else if (kind === ARCHIVE_KIND && entity !== undefined)
      this.#archives.set(name, compileMadeArchive(entity) ?? UNREADABLE);
  }

  #changeBus(name: string, entity: Entity | undefined): void {
    if (entity === undefined) {
      this.#buses.delete(name);
      return;
    }
    const bus = readMadeBus(entity.value);
    const { createdAtMs, changedAtMs } = entity;
    this.#buses.set(name, bus === undefined ? UNREADABLE : { ...bus, createdAtMs, changedAtMs });
  }

  #changeRule(key: string, entity: Entity | undefined): void {
    for (const name of namesIn(this.#rules.get(key))) this.#rulesNaming.get(name)?.delete(key);
    if (entity === undefined) {
      this.#rules.delete(key);
      return;
    }
    const made = readMadeRule(entity.value);
    const { createdAtMs, changedAtMs } = entity;
    const rule = made === undefined ? undefined : compileMadeRule(key, made, createdAtMs, this.#identity);
    const compiled =
      made === undefined || rule === undefined ? UNREADABLE : { rule, made: { ...made, createdAtMs, changedAtMs } };
    this.#rules.set(key, compiled);
    for (const name of namesIn(compiled)) {
      const naming = this.#rulesNaming.get(name) ?? new Set();
      this.#rulesNaming.set(name, naming.add(key));
    }
  }
}

/** What a queue is called among the names that rules depend on. */
export function queueLabel(name: string): string {
  return `queue/${name}`;
}

function namesIn(compiled: OrUnreadable<CompiledRule> | undefined): ReadonlySet<string> {
  if (compiled === undefined || compiled === UNREADABLE) return new Set();
  const { bus, targets } = compiled.rule;
  const named = targets.flatMap(({ to, deadLetterQueue }) => {
    const letters = deadLetterQueue === undefined ? [] : [queueLabel(deadLetterQueue)];
    if (to.kind === "event-bus") return [to.name, ...letters];
    if (to.kind === "queue") return [queueLabel(to.name), ...letters];
    return to.kind === "api-destination" ? [destinationLabel({ kind: to.kind, name: to.name }), ...letters] : letters;
  });
  return new Set([bus, ...named]);
}
