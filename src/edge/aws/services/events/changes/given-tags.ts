import type { Tag } from "../../../../../domain/made/made.ts";
import { commonError } from "../../../errors.ts";
import { list } from "../../../input/shapes.ts";
import { mergedTags, tagShape } from "../../tag-list.ts";
import { tooMany } from "./change.ts";

/** The `Tags` member of a request. */
export const TAGS = list(tagShape({ lengthMin: 0 }));

/**
 * The tags that a resource has after it was given some.
 *
 * @throws AwsError `ValidationException`, `LimitExceededException`
 */
export function withTags(before: readonly Tag[], given: readonly Tag[]): Tag[] {
  const keys = given.map(({ Key }) => Key);
  if (new Set(keys).size < keys.length)
    throw commonError("ValidationException", "Invalid parameter: Duplicated keys are not allowed.");
  if (keys.some((key) => key.startsWith("aws:")))
    throw commonError("ValidationException", "Invalid parameter: Keys that begin with aws: are reserved.");
  return mergedTags(before, given, tooMany);
}
