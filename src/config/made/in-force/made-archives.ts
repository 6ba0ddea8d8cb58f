import { JoinedMap } from "../../../collections/joined-map.ts";
import { SortedMap } from "../../../collections/sorted-map.ts";
import type { Archive } from "../../../domain/archive/archive.ts";
import { managedRuleName } from "../../../domain/archive/archive.ts";
import type { MadeArchive } from "../../../domain/made/made.ts";
import { readMadeArchive } from "../../../domain/made/made.ts";
import type { Rule } from "../../../domain/rule/rule.ts";
import { ruleKey } from "../../../domain/rule/rule.ts";
import type { Entity } from "../../../ports/store/entities.ts";
import type { RuleChange } from "./rule-change.ts";
import { managedRule } from "../../managed-rules.ts";

/** An archive of the store: as it was made, compiled, and with the rule that it manages. */
export interface CompiledArchive {
  readonly made: MadeArchive;
  readonly archive: Archive;
  readonly rule: Rule;
}

/** @returns undefined when a router of another version wrote it. */
export function compileMadeArchive({ name, value, createdAtMs }: Entity): CompiledArchive | undefined {
  const made = readMadeArchive(value);
  if (made === undefined) return undefined;
  const { bus, description, eventPattern: patternJson, retentionDays: days } = made;
  const archive: Archive = {
    name,
    bus,
    ...(description === undefined ? {} : { description }),
    ...(patternJson === undefined ? {} : { patternJson }),
    retention: days === undefined ? {} : { days },
    createdAtMs,
  };
  try {
    return { made, archive, rule: managedRule(archive) };
  } catch {
    // Its pattern is none for this version.
    return undefined;
  }
}

/** The archives of the API that are in force. The maps that were taken from it do not change. */
export class MadeArchives {
  #made: SortedMap<MadeArchive> = SortedMap.empty();
  #archives: SortedMap<Archive> = SortedMap.empty();
  #rules: SortedMap<Rule> = SortedMap.empty();
  readonly #ofFiles: ReadonlyMap<string, Archive>;
  #all: ReadonlyMap<string, Archive>;

  constructor(ofFiles: ReadonlyMap<string, Archive>) {
    this.#ofFiles = ofFiles;
    this.#all = ofFiles;
  }

  get made(): SortedMap<MadeArchive> {
    return this.#made;
  }

  /** With those of the files. The same map as long as none has changed. */
  get all(): ReadonlyMap<string, Archive> {
    return this.#all;
  }

  /** Those that they manage, by `bus/name`. */
  get rules(): SortedMap<Rule> {
    return this.#rules;
  }

  /** Puts an archive in the place of the one of that name, or takes it out. */
  replace(name: string, compiled: CompiledArchive | undefined): RuleChange {
    const change = this.#replace(name, compiled);
    if (change.before !== undefined || change.after !== undefined) {
      this.#all = new JoinedMap(this.#ofFiles, this.#archives);
    }
    return change;
  }

  #replace(name: string, compiled: CompiledArchive | undefined): RuleChange {
    const before = this.#archives.get(name);
    const key = before && ruleKey(before.bus, managedRuleName(name));
    const ruleBefore = key === undefined ? undefined : this.#rules.get(key);
    if (key !== undefined) this.#rules = this.#rules.without(key);
    if (compiled === undefined) {
      this.#made = this.#made.without(name);
      this.#archives = this.#archives.without(name);
      return { before: ruleBefore, after: undefined };
    }
    const { made, archive, rule } = compiled;
    this.#made = this.#made.with(name, made);
    this.#archives = this.#archives.with(name, archive);
    this.#rules = this.#rules.with(ruleKey(rule.bus, rule.name), rule);
    return { before: ruleBefore, after: rule };
  }
}
