import { JoinedMap } from "../../../collections/joined-map.ts";
import { SortedMap } from "../../../collections/sorted-map.ts";
import type { Identity } from "../../../domain/arn.ts";
import type { MadeMappingInForce } from "../../../domain/made/mapping.ts";
import { readMadeMapping } from "../../../domain/made/mapping.ts";
import type { Mapping } from "../../../domain/mapping/mapping.ts";
import type { Entity } from "../../../ports/store/entities.ts";
import { compileMadeMapping } from "../entry/mapping-entry.ts";

/** An event source mapping of the store: as it was made, and compiled. */
export interface CompiledMapping {
  readonly made: MadeMappingInForce;
  readonly mapping: Mapping;
}

/** @returns undefined when a router of another version wrote it. */
export function compiledMappingOf(entity: Entity, identity: Identity): CompiledMapping | undefined {
  const { name, value, createdAtMs, changedAtMs } = entity;
  const made = readMadeMapping(value);
  const mapping = made && compileMadeMapping(name, made, identity);
  if (made === undefined || mapping === undefined) return undefined;
  return { made: { ...made, createdAtMs, changedAtMs }, mapping };
}

/** The event source mappings of the API that are in force. The maps that were taken from it do not change. */
export class MadeMappings {
  #made: SortedMap<MadeMappingInForce> = SortedMap.empty();
  #mappings: SortedMap<Mapping> = SortedMap.empty();
  readonly #ofFiles: ReadonlyMap<string, Mapping>;
  #all: ReadonlyMap<string, Mapping>;

  constructor(ofFiles: ReadonlyMap<string, Mapping>) {
    this.#ofFiles = ofFiles;
    this.#all = ofFiles;
  }

  get made(): SortedMap<MadeMappingInForce> {
    return this.#made;
  }

  /** With those of the files. The same map as long as none has changed. */
  get all(): ReadonlyMap<string, Mapping> {
    return this.#all;
  }

  /** Puts a mapping in the place of the one of that UUID, or takes it out. */
  replace(uuid: string, compiled: CompiledMapping | undefined): void {
    if (compiled === undefined && !this.#mappings.has(uuid)) return;
    this.#made = compiled === undefined ? this.#made.without(uuid) : this.#made.with(uuid, compiled.made);
    this.#mappings =
      compiled === undefined ? this.#mappings.without(uuid) : this.#mappings.with(uuid, compiled.mapping);
    this.#all = this.#mappings.size === 0 ? this.#ofFiles : new JoinedMap(this.#ofFiles, this.#mappings);
  }
}
