import type { Identity } from "../../../../domain/arn.ts";
import { functionArn } from "../../../../domain/arn.ts";
import type { Json } from "../../../../json/json.ts";
import { violation, wrongType } from "../../input/problems.ts";
import type { Shape } from "../../input/shapes.ts";
import { shown, string } from "../../input/shapes.ts";
import { wrongParameter } from "./errors.ts";

/** The model's pattern, as errors show it. */
const PATTERN =
  "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";

const REGION = "(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\\d";
const ARN_START = "arn:aws[a-zA-Z-]*:lambda:(?<arnRegion>[a-z0-9-]+):(?<arnAccount>\\d{12}):";
const PART_START = `(?:(?<region>${REGION}):)?(?:(?<account>\\d{12}):)?`;
const QUALIFIER = "\\$LATEST(?:\\.PUBLISHED)?|[a-zA-Z0-9-_]+";

/** What a name is read by. In a whole ARN the region may be any, such as `local`, which the model's pattern does not know. */
const FORM = new RegExp(
  `^(?:${ARN_START}|${PART_START})(?:function:)?(?<name>[a-zA-Z0-9-_.]+)(?::(?<qualifier>${QUALIFIER}))?$`,
);

/** Longer names than functions have: those are not found. */
const NAME_CHARACTERS_MAX = 256;

const ANY_NAME = string({ lengthMin: 1, lengthMax: NAME_CHARACTERS_MAX });

/** A name, a part of an ARN, or an ARN. */
export const FUNCTION_NAME: Shape<string> = {
  problemsOf: (value: Json) => {
    const problems = ANY_NAME.problemsOf(value);
    if (typeof value !== "string") return [wrongType("a string")];
    if (value.length > NAME_CHARACTERS_MAX || FORM.test(value)) return problems;
    const broken = violation(`Member must satisfy regular expression pattern: ${PATTERN}`, () => shown(value));
    return [broken, ...(problems ?? [])];
  },
  show: ANY_NAME.show,
};

/** A version or an alias. */
export const FUNCTION_QUALIFIER = string({
  pattern: "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+",
  lengthMin: 1,
  lengthMax: 128,
});

/** A function, and the version or alias that was named. */
export interface NamedFunction {
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** A function as it was named, wherever it is. */
export interface PlacedFunction extends NamedFunction {
  readonly region: string;
  readonly account: string;
}

/** Reads a function's name or ARN. What it does not say of region and account is as here. */
export function placedFunction({ region, accountId }: Identity, text: string): PlacedFunction {
  const { name = text, qualifier, ...groups } = FORM.exec(text)?.groups ?? {};
  return {
    name,
    qualifier,
    region: groups["arnRegion"] ?? groups["region"] ?? region,
    account: groups["arnAccount"] ?? groups["account"] ?? accountId,
  };
}

/** Reads a function's name or ARN. @throws AwsError for one of another account or region, which has none here */
export function namedFunction(identity: Identity, text: string): NamedFunction {
  const { name, qualifier, region, account } = placedFunction(identity, text);
  if (region === identity.region && account === identity.accountId) return { name, qualifier };
  throw wrongParameter("Function does not exist");
}

/** The ARN as it was named, with its qualifier. */
export function qualifiedArn(identity: Identity, { name, qualifier }: NamedFunction): string {
  return functionArn(identity, name, qualifier);
}
