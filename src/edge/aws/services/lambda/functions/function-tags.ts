import type { AwsError } from "../../../errors.ts";
import { wrongParameter } from "../errors.ts";
import type { FoundFunction, FunctionPlaces } from "../found-function.ts";
import { foundFunction } from "../found-function.ts";
import { FUNCTION_NAME } from "../function-name.ts";
import { changedInFiles } from "./refused-changes.ts";

/** Whether an operation on tags is about a function. */
export function tagsFunction(arn: string): boolean {
  return arn.startsWith("arn:") && arn.includes(":function:") && FUNCTION_NAME.problemsOf(arn) === undefined;
}

/** The tags of a function: files give it none. @throws AwsError for a function that is not here */
export function functionTags(api: FunctionPlaces, arn: string): Record<string, string> {
  taggedFunction(api, arn);
  return {};
}

/** A change of a function's tags is refused. */
export function refusedTags(operationName: string, api: FunctionPlaces, arn: string): AwsError {
  const { fn } = taggedFunction(api, arn);
  return changedInFiles(operationName, api, fn.name, ", and have no tags.");
}

/** @throws AwsError for one that is not here, and for a version */
function taggedFunction(api: FunctionPlaces, arn: string): FoundFunction {
  const found = foundFunction(api, { FunctionName: arn });
  if (found.qualifier === undefined) return found;
  throw wrongParameter("Tags on function aliases and versions are not supported. Please specify a function ARN.");
}
