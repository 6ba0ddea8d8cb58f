import type { Identity } from "../../../../../domain/arn.ts";
import type { AliasTraffic } from "../../../../../domain/target/function-alias.ts";
import { LATEST } from "../../../../../domain/target/function-alias.ts";
import type { FunctionConfig } from "../../../../../domain/target/function.ts";
import { versionOf } from "../../../../../domain/target/function-version.ts";
import { noSuchFunction, wrongParameter } from "../errors.ts";
import { qualifiedArn } from "../function-name.ts";

/** The members of an input that say which versions an alias calls. */
export interface GivenTraffic {
  readonly FunctionVersion?: string | null;
  readonly RoutingConfig?: {
    readonly AdditionalVersionWeights?: Readonly<Record<string, number>> | null;
  } | null;
}

/**
 * The versions that an alias is to call. Where no `RoutingConfig` is given it stays, and an empty one takes the second version
 * away.
 *
 * @param before what it calls now
 * @throws AwsError in Lambda's words
 */
export function checkedTraffic(
  identity: Identity,
  fn: FunctionConfig,
  { FunctionVersion, RoutingConfig }: GivenTraffic,
  before: AliasTraffic,
): AliasTraffic {
  const version = FunctionVersion ?? before.version;
  const weights = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
  if (weights.length > 1) throw wrongParameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
  const [given] = weights;
  const added = given && { version: given[0], weight: given[1] };
  const additional = (RoutingConfig ?? null) === null ? before.additional : added;
  if (additional !== undefined && version === LATEST)
    throw wrongParameter("$LATEST is not supported for an alias pointing to more than 1 version");
  if (additional?.version === version) {
    const text = `Function version ${version} is already included in routing configuration.`;
    throw wrongParameter(`Invalid function version ${version}. ${text}`);
  }
  for (const each of [version, additional?.version]) {
    if (each !== undefined && versionOf(fn, each) === undefined)
      throw noSuchFunction(qualifiedArn(identity, { name: fn.name, qualifier: each }));
  }
  return { version, ...(additional === undefined ? {} : { additional }) };
}
