import { z } from "zod";
import { hashedUuid } from "../../text/hashed-uuid.ts";
import { parseJson } from "../../json/json.ts";
import type { FunctionAlias } from "../target/function-alias.ts";
import type { FunctionConfig } from "../target/function.ts";
import { versionOf } from "../target/function-version.ts";
import { ALIAS_NAME } from "../target/function-alias.ts";

/** The kind of the store's entities that aliases made over the API, and shifts of files' aliases, are kept as, by `FUNCTION/ALIAS`. */
export const FUNCTION_ALIAS_KIND = "function-alias";

const madeAlias = z.object({
  version: z.string(),
  additional: z.object({ version: z.string(), weight: z.number().min(0).max(1) }).exactOptional(),
  description: z.string().exactOptional(),
  /**
   * Set on a shift: the revision that the file's alias had when its traffic was shifted. Once the file says something else, the
   * shift is over.
   */
  over: z.string().exactOptional(),
});

/** What the store keeps of an alias that was made over the API, or of a shift of a file's alias. */
export type MadeAlias = z.output<typeof madeAlias>;

/** Reads what the store keeps; undefined when a router of another version wrote it, or something else did. */
export function readMadeAlias(value: string): MadeAlias | undefined {
  return madeAlias.safeParse(parseJson(value)).data;
}

/** How the store names an alias. No function's name has a slash. */
export function aliasKey(functionName: string, alias: string): string {
  return `${functionName}/${alias}`;
}

export function splitAliasKey(key: string): { readonly functionName: string; readonly name: string } {
  const slash = key.indexOf("/");
  return { functionName: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** A UUID made of all that an alias says: the same at every router, and another after every change. */
export function aliasRevision(functionName: string, { name, version, additional, description }: FunctionAlias): string {
  const said = JSON.stringify([
    "function alias",
    functionName,
    name,
    version,
    additional?.version,
    additional?.weight,
    description,
  ]);
  return hashedUuid(said);
}

export type AliasInForce =
  { readonly ok: true; readonly alias: FunctionAlias } | { readonly ok: false; readonly whyNot: string };

/**
 * The alias that is in force for one of the store.
 *
 * @param fn the function as files have it; undefined where they have none of the name.
 */
export function aliasInForce(fn: FunctionConfig | undefined, name: string, made: MadeAlias): AliasInForce {
  if (fn === undefined) return { ok: false, whyNot: "there is no such function" };
  const ofFile = fn.aliases?.get(name);
  const { version, additional, over } = made;
  if (over !== undefined && (ofFile === undefined || aliasRevision(fn.name, ofFile) !== over))
    return { ok: false, whyNot: "it is a shift of an alias that its file has changed since" };
  if (over === undefined && ofFile !== undefined) return { ok: false, whyNot: "a file has one of that name" };
  if (!ALIAS_NAME.test(name)) return { ok: false, whyNot: "its name is none of an alias" };
  for (const each of [version, additional?.version]) {
    if (each !== undefined && versionOf(fn, each) === undefined)
      return { ok: false, whyNot: `the function has no version ${each}` };
  }
  const description = over === undefined ? made.description : ofFile?.description;
  const traffic = { version, ...(additional === undefined ? {} : { additional }) };
  return { ok: true, alias: { name, ...traffic, ...(description === undefined ? {} : { description }) } };
}
