import type { Identity } from "../../../../../domain/arn.ts";
import { ALIAS_NAME_PATTERN } from "../../../../../domain/target/function-alias.ts";
import { integer, required, string, structure } from "../../../input/shapes.ts";
import type { AwsError } from "../../../errors.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { lambdaError } from "../errors.ts";
import type { FunctionsApi } from "../found-function.ts";
import { askedArn, foundFunction } from "../found-function.ts";
import { FUNCTION_NAME, qualifiedArn } from "../function-name.ts";
import { markedPage } from "../marked-page.ts";
import { shownAlias } from "./shown-alias.ts";

/** The name of an alias, as Lambda's model has it. */
export const ALIAS_MEMBER = required(string({ pattern: ALIAS_NAME_PATTERN, lengthMin: 1, lengthMax: 128 }));

const ITEMS_MAX = 10_000;
const SHOWN_MAX = 50;

/** An alias that is not there, of a function that is. */
export function noSuchAlias(identity: Identity, functionName: string, name: string): AwsError {
  const arn = qualifiedArn(identity, { name: functionName, qualifier: name });
  return lambdaError("ResourceNotFoundException", `Cannot find alias arn: ${arn}`);
}

/** ListAliases, by name. */
export function listAliases(api: FunctionsApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("ListAliasesRequest", {
      FunctionName: required(FUNCTION_NAME),
      FunctionVersion: string({ pattern: "(\\$LATEST(\\.PUBLISHED)?|[0-9]+)", lengthMin: 1, lengthMax: 1024 }),
      Marker: string(),
      MaxItems: integer({ min: 1, max: ITEMS_MAX }),
    }),
    resource: ({ FunctionName }) => askedArn(identity, { FunctionName }),
    handle: ({ FunctionName, FunctionVersion, Marker, MaxItems }) => {
      const { fn } = foundFunction(api, { FunctionName });
      const version = FunctionVersion ?? undefined;
      const all = [...(fn.aliases?.values() ?? [])];
      const wanted = all.filter(
        (alias) => version === undefined || alias.version === version || alias.additional?.version === version,
      );
      const asked = { Marker: Marker ?? null, itemsMax: Math.min(MaxItems ?? SHOWN_MAX, SHOWN_MAX) };
      const { items, next } = markedPage(asked, ["aliases", fn.name, version ?? ""], wanted, ({ name }) => name);
      return { Aliases: items.map((alias) => shownAlias(api, fn.name, alias)), ...next };
    },
  });
}

/** GetAlias. */
export function getAlias(api: FunctionsApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("GetAliasRequest", { FunctionName: required(FUNCTION_NAME), Name: ALIAS_MEMBER }),
    resource: ({ FunctionName, Name }) => aliasArn(identity, FunctionName, Name),
    handle: ({ FunctionName, Name }) => {
      const { fn } = foundFunction(api, { FunctionName });
      const alias = fn.aliases?.get(Name);
      if (alias === undefined) throw noSuchAlias(identity, fn.name, Name);
      return shownAlias(api, fn.name, alias);
    },
  });
}

/** What policies go by: the alias's ARN. */
export function aliasArn(identity: Identity, FunctionName: string, Name: string): string {
  return askedArn(identity, { FunctionName, Qualifier: Name });
}
