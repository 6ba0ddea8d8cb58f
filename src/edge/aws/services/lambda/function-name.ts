import type { Identity } from "../../../../domain/arn.ts";
import { functionArn } from "../../../../domain/arn.ts";
import { string } from "../../input/shapes.ts";
import { wrongParameter } from "./errors.ts";

/** The model's pattern. @param named how the groups begin that are read here */
function patternWith(named: (group: "region" | "account" | "name" | "qualifier") => string): string {
  const arn = `(arn:(aws[a-zA-Z-]*)?:lambda:)?`;
  const region = `(${named("region")}[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?`;
  const account = `(${named("account")}\\d{12}:)?`;
  const qualifier = `(:(${named("qualifier")}\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`;
  return `${arn}${region}${account}(function:)?(${named("name")}[a-zA-Z0-9-_\\.]+)${qualifier}`;
}

/** As errors show it. */
const PATTERN = patternWith(() => "");

/** Region and account have the colon that follows them. */
const FORM = new RegExp(`^${patternWith((group) => `?<${group}>`)}$`);

/** A name, a part of an ARN, or an ARN. */
export const FUNCTION_NAME = string({ pattern: PATTERN, lengthMin: 1, lengthMax: 256 });

/** A function, and the version or alias that was named. */
export interface NamedFunction {
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** Reads a function's name or ARN. @throws AwsError for one of another account or region, which has none here */
export function namedFunction(identity: Identity, text: string): NamedFunction {
  const { region, account, name = text, qualifier } = FORM.exec(text)?.groups ?? {};
  const isInRegion = region === undefined || region === `${identity.region}:`;
  const isOfAccount = account === undefined || account === `${identity.accountId}:`;
  if (isInRegion && isOfAccount) return { name, qualifier };
  throw wrongParameter("Function does not exist");
}

/** The ARN as it was named, with its qualifier. */
export function qualifiedArn(identity: Identity, { name, qualifier }: NamedFunction): string {
  return `${functionArn(identity, name)}${qualifier === undefined ? "" : `:${qualifier}`}`;
}
