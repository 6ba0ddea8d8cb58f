import { integer, required, string, structure } from "../../../input/shapes.ts";
import { enumeration } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { lambdaError } from "../errors.ts";
import type { FunctionsApi } from "../found-function.ts";
import { askedArn, foundFunction, LATEST } from "../found-function.ts";
import { FUNCTION_NAME, qualifiedArn } from "../function-name.ts";
import { markedPage } from "../marked-page.ts";
import { readsFunction } from "./reads-function.ts";
import { listedFunction } from "./shown-function.ts";

const ITEMS_MAX = 10_000;
/** More are not shown at once, however many are asked for: so does Lambda. */
const SHOWN_MAX = 50;

/** ListFunctions, by name. With `FunctionVersion` ALL every version is shown, which is one of each. */
export function listFunctions({ config, identity }: FunctionsApi): Operation {
  return operation({
    input: structure("ListFunctionsRequest", {
      FunctionVersion: enumeration("ALL"),
      Marker: string(),
      MaxItems: integer({ min: 1, max: ITEMS_MAX }),
    }),
    resource: () => "*",
    handle: ({ FunctionVersion, Marker, MaxItems }) => {
      const qualifier = FunctionVersion === "ALL" ? LATEST : undefined;
      const asked = { Marker: Marker ?? null, itemsMax: Math.min(MaxItems ?? SHOWN_MAX, SHOWN_MAX) };
      const listing = ["functions", qualifier ?? ""];
      const { items, next } = markedPage(asked, listing, config().functions.values(), ({ name }) => name);
      return { Functions: items.map((fn) => listedFunction(identity, fn, qualifier)), ...next };
    },
  });
}

/** ListVersionsByFunction: there is one. */
export const listVersionsByFunction = readsFunction("ListVersionsByFunctionRequest", ({ identity }, { fn }) => ({
  Versions: [listedFunction(identity, fn, LATEST)],
}));

/** ListAliases: a function has none. */
export const listAliases = readsFunction("ListAliasesRequest", () => ({ Aliases: [] }));

/** GetAlias. */
export function getAlias(api: FunctionsApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("GetAliasRequest", {
      FunctionName: required(FUNCTION_NAME),
      Name: required(string({ pattern: "(?!^[0-9]+$)([a-zA-Z0-9-_]+)", lengthMin: 1, lengthMax: 128 })),
    }),
    resource: ({ FunctionName }) => askedArn(identity, { FunctionName }),
    handle: ({ FunctionName, Name: qualifier }) => {
      const { fn } = foundFunction(api, { FunctionName });
      const arn = qualifiedArn(identity, { name: fn.name, qualifier });
      throw lambdaError("ResourceNotFoundException", `Cannot find alias arn: ${arn}`);
    },
  });
}
