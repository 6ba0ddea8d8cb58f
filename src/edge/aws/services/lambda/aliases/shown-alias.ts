import { functionArn } from "../../../../../domain/arn.ts";
import { aliasRevision } from "../../../../../domain/made/function-alias.ts";
import type { FunctionAlias } from "../../../../../domain/target/function-alias.ts";
import { isSameTraffic } from "../../../../../domain/target/function-version.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { FunctionPlaces } from "../found-function.ts";

/**
 * An alias as the Lambda API shows it. A weight of nothing is left out, as Lambda leaves it out. `FileVersion` is ours: while a shift
 * is laid over the alias of a file, the version that its file names.
 */
export function shownAlias(
  { identity, config }: FunctionPlaces,
  functionName: string,
  alias: FunctionAlias,
): JsonObject {
  const { name, version, additional, description = "" } = alias;
  const ofFile = config().fileFunctions?.get(functionName)?.aliases?.get(name);
  return {
    AliasArn: functionArn(identity, functionName, name),
    Name: name,
    FunctionVersion: version,
    Description: description,
    ...(additional === undefined
      ? {}
      : { RoutingConfig: { AdditionalVersionWeights: { [additional.version]: additional.weight } } }),
    RevisionId: aliasRevision(functionName, alias),
    ...(ofFile === undefined || isSameTraffic(alias, ofFile) ? {} : { FileVersion: ofFile.version }),
  };
}
