import type { AliasTraffic } from "./function-alias.ts";
import { LATEST } from "./function-alias.ts";
import type { FunctionConfig } from "./function.ts";

/** A function's version as it is called; undefined where it has none of that number. */
export function versionOf(fn: FunctionConfig, version: string): FunctionConfig | undefined {
  return version === LATEST ? fn : fn.versions?.get(version);
}

/** What a qualifier stands for: a version, or an alias's traffic; undefined where the function has neither. */
export function trafficOf(fn: FunctionConfig, qualifier: string | undefined): AliasTraffic | undefined {
  if (qualifier === undefined || qualifier === LATEST) return { version: LATEST };
  return fn.versions?.has(qualifier) === true ? { version: qualifier } : fn.aliases?.get(qualifier);
}

/** Every version that a function has, itself first. */
export function allVersions(fn: FunctionConfig): readonly FunctionConfig[] {
  return [fn, ...(fn.versions?.values() ?? [])];
}

/** Whether two call the same versions, with the same shares. */
export function isSameTraffic(one: AliasTraffic, other: AliasTraffic): boolean {
  return (
    one.version === other.version &&
    one.additional?.version === other.additional?.version &&
    one.additional?.weight === other.additional?.weight
  );
}

/**
 * The version of one call: the additional one with the probability of its weight.
 *
 * @param random in [0, 1).
 */
export function drawVersion({ version, additional }: AliasTraffic, random: number): string {
  return additional !== undefined && random < additional.weight ? additional.version : version;
}

/** `NAME`, or `NAME:QUALIFIER` of a function with one, as files name a function. */
export function qualifiedName(name: string, qualifier: string | undefined): string {
  return qualifier === undefined ? name : `${name}:${qualifier}`;
}

/** Reads what `qualifiedName` makes. */
export function splitFunctionName(text: string): { readonly name: string; readonly qualifier: string | undefined } {
  const colon = text.indexOf(":");
  return colon < 0
    ? { name: text, qualifier: undefined }
    : { name: text.slice(0, colon), qualifier: text.slice(colon + 1) };
}
