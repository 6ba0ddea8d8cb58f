import type { Identity } from "../../../../domain/arn.ts";
import type { Config } from "../../../../domain/config.ts";
import type { FunctionConfig } from "../../../../domain/target/function.ts";
import { trafficOf } from "../../../../domain/target/function-version.ts";
import type { AwsError } from "../../errors.ts";
import { commonError } from "../../errors.ts";
import { required } from "../../input/shapes.ts";
import { lambdaError, noSuchFunction, wrongParameter } from "./errors.ts";
import type { NamedFunction, PlacedFunction } from "./function-name.ts";
import { FUNCTION_NAME, FUNCTION_QUALIFIER, placedFunction, qualifiedArn } from "./function-name.ts";

/** Where functions are found. */
export interface FunctionPlaces {
  readonly config: () => Config;
  readonly identity: Identity;
}

/** What the operations that read functions work on. */
export interface FunctionsApi extends FunctionPlaces {
  /** Where callers find the port of routes and function URLs. */
  readonly functionUrlOrigin: string;
}

/** The members that name a function, and a version of it. */
export const ASKED_FUNCTION = { FunctionName: required(FUNCTION_NAME), Qualifier: FUNCTION_QUALIFIER };

/** A function as an input names it. */
export interface AskedFunction {
  readonly FunctionName: string;
  readonly Qualifier?: string | null;
}

/** A function, and the version or alias that was asked for, if any. */
export interface FoundFunction {
  readonly fn: FunctionConfig;
  readonly qualifier: string | undefined;
}

/** The error of a function that is not here, or not in the version that was asked for. */
export type MissingFunction = (identity: Identity, asked: NamedFunction) => AwsError;

/** The ARN of a function as its caller names it, whether it is there or not. Policies go by it. */
export function askedArn(identity: Identity, { FunctionName, Qualifier }: AskedFunction): string {
  const { region, account, name, qualifier } = placedFunction(identity, FunctionName);
  return qualifiedArn({ region, accountId: account }, { name, qualifier: qualifier ?? Qualifier ?? undefined });
}

/** Most operations name a version that is not there only where it was asked for. */
export const missingAsAsked: MissingFunction = (identity, asked) => noSuchFunction(qualifiedArn(identity, asked));

/** The function that an input names. @throws AwsError */
export function foundFunction(
  { config, identity }: FunctionPlaces,
  { FunctionName, Qualifier }: AskedFunction,
  missing: MissingFunction = missingAsAsked,
): FoundFunction {
  const placed = placedFunction(identity, FunctionName);
  const qualifier = agreedQualifier(placed, Qualifier ?? undefined);
  requireHere(identity, placed);
  const { name } = placed;
  const fn = config().functions.get(name);
  if (fn !== undefined && trafficOf(fn, qualifier) !== undefined) return { fn, qualifier };
  throw missing(identity, { name, qualifier });
}

/** @throws AwsError where the name says another version than the parameter */
function agreedQualifier({ qualifier: named }: PlacedFunction, given: string | undefined): string | undefined {
  if (named === undefined || given === undefined || named === given) return named ?? given;
  throw wrongParameter("The derived qualifier from the function name does not match the specified qualifier.");
}

/** @throws AwsError for a function of another account or region */
function requireHere(identity: Identity, { account, region }: PlacedFunction): void {
  if (account !== identity.accountId) {
    throw commonError("AccessDeniedException", `There are no functions of account ${account} here.`);
  }
  if (region !== identity.region) {
    const message = `Functions from '${region}' are not reachable in this region ('${identity.region}')`;
    throw lambdaError("ResourceNotFoundException", message);
  }
}
