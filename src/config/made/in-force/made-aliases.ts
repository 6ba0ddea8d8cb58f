import { SortedMap } from "../../../collections/sorted-map.ts";
import type { MadeAlias } from "../../../domain/made/function-alias.ts";
import { aliasInForce, splitAliasKey } from "../../../domain/made/function-alias.ts";
import type { FunctionAlias } from "../../../domain/target/function-alias.ts";
import type { FunctionConfig } from "../../../domain/target/function.ts";
import { UNREADABLE } from "./compiled-entities.ts";

/** The aliases of the API that are in force, and the shifts of files' aliases. The maps that were taken from it do not change. */
export class MadeAliases {
  #made: SortedMap<MadeAlias> = SortedMap.empty();
  readonly #ofFiles: ReadonlyMap<string, FunctionConfig>;
  #functions: ReadonlyMap<string, FunctionConfig>;

  constructor(ofFiles: ReadonlyMap<string, FunctionConfig>) {
    this.#ofFiles = ofFiles;
    this.#functions = ofFiles;
  }

  /** By `FUNCTION/ALIAS`. */
  get made(): SortedMap<MadeAlias> {
    return this.#made;
  }

  /** The functions of the files with them. The same map as long as none has changed. */
  get functions(): ReadonlyMap<string, FunctionConfig> {
    return this.#functions;
  }

  /** Puts an alias in force, or takes it out. @returns why one is not in force; undefined where it is, or is not there. */
  replace(key: string, entity: MadeAlias | typeof UNREADABLE | undefined): string | undefined {
    const made = entity === UNREADABLE ? undefined : entity;
    const { functionName, name } = splitAliasKey(key);
    const fn = this.#ofFiles.get(functionName);
    const found = made && aliasInForce(fn, name, made);
    const reason = found?.ok === false ? found.whyNot : undefined;
    const whyNot = entity === UNREADABLE ? "it cannot be read" : reason;
    if (made !== undefined && found?.ok === true) this.#made = this.#made.with(key, made);
    else if (this.#made.has(key)) this.#made = this.#made.without(key);
    else return whyNot;
    if (fn !== undefined) this.#put(fn, name, found?.ok === true ? found.alias : fn.aliases?.get(name));
    return whyNot;
  }

  #put(fn: FunctionConfig, name: string, alias: FunctionAlias | undefined): void {
    const aliases = new Map(this.#functions.get(fn.name)?.aliases);
    if (alias === undefined) aliases.delete(name);
    else aliases.set(name, alias);
    this.#functions = new Map(this.#functions).set(fn.name, { ...fn, aliases });
  }
}
