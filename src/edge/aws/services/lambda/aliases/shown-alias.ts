import { createHash } from "node:crypto";
import type { Identity } from "../../../../../domain/arn.ts";
import { functionArn } from "../../../../../domain/arn.ts";
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

/** A UUID made of all that an alias says: the same at every router, and another after every change. */
export function aliasRevision(functionName: string, { name, version, additional, description }: FunctionAlias): string {
  const said = JSON.stringify([functionName, name, version, additional?.version, additional?.weight, description]);
  const hex = createHash("sha256").update(said).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
