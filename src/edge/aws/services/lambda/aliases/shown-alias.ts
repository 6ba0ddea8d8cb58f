import type { Identity } from "../../../../../domain/arn.ts";
import { functionArn } from "../../../../../domain/arn.ts";
import { aliasRevision } from "../../../../../domain/made/function-alias.ts";
import type { FunctionAlias } from "../../../../../domain/target/function-alias.ts";
import type { JsonObject } from "../../../../../json/json.ts";

/** An alias as the Lambda API shows it. A weight of nothing is left out, as Lambda leaves it out. */
export function shownAlias(identity: Identity, functionName: string, alias: FunctionAlias): JsonObject {
  const { name, version, additional, description = "" } = alias;
  return {
    AliasArn: functionArn(identity, functionName, name),
    Name: name,
    FunctionVersion: version,
    Description: description,
    ...(additional === undefined
      ? {}
      : { RoutingConfig: { AdditionalVersionWeights: { [additional.version]: additional.weight } } }),
    RevisionId: aliasRevision(functionName, alias),
  };
}
