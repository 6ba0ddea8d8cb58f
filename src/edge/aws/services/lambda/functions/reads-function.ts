import type { JsonObject } from "../../../../../json/json.ts";
import { structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import type { FoundFunction, FunctionsApi, MissingFunction } from "../found-function.ts";
import { ASKED_FUNCTION, askedArn, foundFunction, missingAsAsked } from "../found-function.ts";

/**
 * Makes an operation that says something of a function.
 *
 * @param missing the error of a function that is not here.
 */
export function readsFunction(
  requestName: string,
  read: (api: FunctionsApi, found: FoundFunction) => JsonObject,
  missing: MissingFunction = missingAsAsked,
): (api: FunctionsApi) => Operation {
  return (api) =>
    operation({
      input: structure(requestName, ASKED_FUNCTION),
      resource: (asked) => askedArn(api.identity, asked),
      handle: (asked) => read(api, foundFunction(api, asked, missing)),
    });
}
