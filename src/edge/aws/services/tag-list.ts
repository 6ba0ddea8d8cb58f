import type { Tag } from "../../../domain/made/made.ts";
import { TAGS_MAX } from "../../../domain/made/made.ts";
import type { AwsError } from "../errors.ts";
import { required, string, structure } from "../input/shapes.ts";

/** The key of a tag, in every service that lists tags. */
export const TAG_KEY = string({ lengthMin: 1, lengthMax: 128 });

/** A tag as a request has it. Whether its value may be empty differs by service. */
export function tagShape(value: { readonly lengthMin: number }) {
  return structure("Tag", { Key: required(TAG_KEY), Value: required(string({ ...value, lengthMax: 256 })) });
}

/**
 * The tags that a resource has after it was given some: a key that it has keeps its place.
 *
 * @param tooMany the service's error for more tags than there may be; thrown.
 */
export function mergedTags(before: readonly Tag[], given: readonly Tag[], tooMany: () => AwsError): Tag[] {
  const tags = new Map([...before, ...given].map(({ Key, Value }) => [Key, Value]));
  if (tags.size > TAGS_MAX) throw tooMany();
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

/** The tags without those of some keys. A key that is not there is removed, too. */
export function tagsWithout(keys: readonly string[]): (before: readonly Tag[]) => Tag[] {
  const removed = new Set(keys);
  return (before) => before.filter(({ Key }) => !removed.has(Key));
}
