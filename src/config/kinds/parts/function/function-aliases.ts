import { z } from "zod";
import type { AliasTraffic, FunctionAlias } from "../../../../domain/target/function-alias.ts";
import { ALIAS_NAME, FUNCTION_ALIASES_MAX, LATEST, VERSION_NUMBER } from "../../../../domain/target/function-alias.ts";
import type { FunctionConfig } from "../../../../domain/target/function.ts";
import { nearest } from "../../../../text/nearest.ts";
import type { Issues } from "../fields.ts";
import { addIssue, description } from "../fields.ts";

/** YAML reads a bare 1 as a number. */
const versionNumber = z
  .union([z.string(), z.int().positive().transform(String)])
  .describe('A version, as "1", or $LATEST.');

const WEIGHT = { error: "must be from 0 to 1" };

const weights = z
  .record(
    z.string().regex(VERSION_NUMBER, { error: 'must be the number of a version, as "2"' }),
    z.number().min(0, WEIGHT).max(1, WEIGHT),
  )
  .refine((weights) => Object.keys(weights).length <= 1, { error: "must have one version at most" })
  .describe("One more version by its number, and the share of the calls that it gets, from 0 to 1.");

const alias = z
  .strictObject({
    functionVersion: versionNumber,
    description: description.exactOptional(),
    routingConfig: z
      .strictObject({ additionalVersionWeights: weights.default({}) })
      .describe("Shares the calls with one more version.")
      .exactOptional(),
  })
  .describe("A name for a version, or for two that share its calls.");

/** A function's aliases, by name. */
export const aliasesSchema = z
  .record(
    z.string().regex(ALIAS_NAME, {
      error: "must be 1 to 128 letters, digits, dashes and underscores, and not digits only",
    }),
    alias,
  )
  .refine((aliases) => Object.keys(aliases).length <= FUNCTION_ALIASES_MAX, {
    error: `must have at most ${FUNCTION_ALIASES_MAX} aliases`,
  })
  .describe("Names for versions: targets, callers and mappings name the function as NAME:ALIAS.");

type Aliases = z.output<typeof aliasesSchema>;

/** Checks that a function has the versions that its aliases name. */
export function checkAliases(
  { versions, aliases }: { readonly versions?: object; readonly aliases?: Aliases },
  issues: Issues,
): void {
  for (const [name, alias] of Object.entries(aliases ?? {})) {
    const problem = aliasProblem(trafficIn(alias), (version) => Object.hasOwn(versions ?? {}, version));
    if (problem !== undefined) addIssue(issues, problem.message, { path: ["aliases", name, ...problem.path] });
  }
}

/** Checks that a function has the alias that its URL calls. */
export function checkUrlAlias(
  { url, aliases }: { readonly url?: { readonly qualifier?: string }; readonly aliases?: Aliases },
  issues: Issues,
): void {
  const { qualifier } = url ?? {};
  const names = Object.keys(aliases ?? {});
  if (typeof qualifier !== "string" || names.includes(qualifier)) return;
  const suggestion = nearest(qualifier, names);
  addIssue(issues, "must name an alias of the function", { path: ["url", "qualifier"], suggestion });
}

export function toAliases(aliases: Aliases | undefined): Pick<FunctionConfig, "aliases"> {
  if (aliases === undefined) return {};
  const made = Object.entries(aliases).map(([name, alias]): [string, FunctionAlias] => {
    const { description } = alias;
    return [name, { name, ...trafficIn(alias), ...(description === undefined ? {} : { description }) }];
  });
  return { aliases: new Map(made) };
}

function trafficIn({ functionVersion, routingConfig }: Aliases[string]): AliasTraffic {
  const [additional] = Object.entries(routingConfig?.additionalVersionWeights ?? {});
  if (additional === undefined) return { version: functionVersion };
  const [version, weight] = additional;
  return { version: functionVersion, additional: { version, weight } };
}

/** What is wrong with an alias's versions, and where. */
function aliasProblem(
  { version, additional }: AliasTraffic,
  isVersion: (number: string) => boolean,
): { readonly message: string; readonly path: readonly string[] } | undefined {
  if (version !== LATEST && !isVersion(version))
    return { message: "must name a version of the function, or $LATEST", path: ["functionVersion"] };
  if (additional === undefined) return undefined;
  const path = ["routingConfig", "additionalVersionWeights", additional.version];
  if (version === LATEST) return { message: "has no place in an alias of $LATEST", path };
  if (additional.version === version) return { message: "must be another version than functionVersion", path };
  return isVersion(additional.version) ? undefined : { message: "must name a version of the function", path };
}
