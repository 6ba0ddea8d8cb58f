import { LATEST, VERSION_DIGITS_MAX } from "../../../../../domain/target/function-alias.ts";
import { allVersions } from "../../../../../domain/target/function-version.ts";
import type { FunctionConfig } from "../../../../../domain/target/function.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import { integer, required, string, structure } from "../../../input/shapes.ts";
import { enumeration } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import type { FunctionsApi } from "../found-function.ts";
import { askedArn, foundFunction } from "../found-function.ts";
import { FUNCTION_NAME } from "../function-name.ts";
import { markedPage } from "../marked-page.ts";
import { listedFunction } from "./shown-function.ts";

const ITEMS_MAX = 10_000;
/** More are not shown at once, however many are asked for: so does Lambda. */
const SHOWN_MAX = 50;

/** ListFunctions, by name. With `FunctionVersion` ALL every version of each is shown. */
export function listFunctions(api: FunctionsApi): Operation {
  const { config } = api;
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
      const functions = [...config().functions.values()];
      const listed = qualifier === undefined ? functions : functions.flatMap(allVersions);
      const { items, next } = markedPage(asked, listing, listed, (one) => `${one.name} ${orderOfVersion(one)}`);
      return { Functions: items.map((one) => shownInList(api, one, qualifier !== undefined)), ...next };
    },
  });
}

/** ListVersionsByFunction: itself first, then its versions by number. */
export function listVersionsByFunction(api: FunctionsApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("ListVersionsByFunctionRequest", {
      FunctionName: required(FUNCTION_NAME),
      Marker: string(),
      MaxItems: integer({ min: 1, max: ITEMS_MAX }),
    }),
    resource: (asked) => askedArn(identity, asked),
    handle: ({ FunctionName, Marker, MaxItems }) => {
      const { fn } = foundFunction(api, { FunctionName });
      const asked = { Marker: Marker ?? null, itemsMax: Math.min(MaxItems ?? SHOWN_MAX, SHOWN_MAX) };
      const { items, next } = markedPage(asked, ["versions", fn.name], allVersions(fn), orderOfVersion);
      return { Versions: items.map((one) => listedFunction(identity, fn, one.version ?? LATEST)), ...next };
    },
  });
}

function shownInList({ identity }: FunctionsApi, one: FunctionConfig, isQualified: boolean): JsonObject {
  return listedFunction(identity, one, isQualified ? (one.version ?? LATEST) : undefined);
}

/** Numbers in their order, behind the function itself. */
function orderOfVersion({ version = "" }: FunctionConfig): string {
  return version.padStart(VERSION_DIGITS_MAX, "0");
}
