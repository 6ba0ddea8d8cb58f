import { mappingArn } from "../../../../../domain/arn.ts";
import { TAGS_MAX } from "../../../../../domain/made/made.ts";
import { list, required, string, structure } from "../../../input/shapes.ts";
import { stringMap } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { noSuchResource, wrongParameter } from "../errors.ts";
import { functionTags, refusedTags, tagsFunction } from "../functions/function-tags.ts";
import type { MappingApi } from "./mapping-api.ts";
import { changeMappings, fileMapping, foundMapping, mappingKeyOf, requireNoFileMapping } from "./mapping-api.ts";
import { keptMapping } from "./mapping-reading.ts";

type MappingTags = Readonly<Record<string, string>>;

const KEY_CHARACTERS_MAX = 128;
const VALUE_CHARACTERS_MAX = 256;

/** The ARN of what has tags. Here those are event source mappings; functions may be asked for theirs. */
const RESOURCE = string({ lengthMin: 1, lengthMax: 256 });

/** TagResource. */
export function tagMapping(api: MappingApi): Operation {
  return operation({
    input: structure("TagResourceRequest", { Resource: required(RESOURCE), Tags: required(stringMap(100)) }),
    resource: ({ Resource }) => Resource,
    handle: async ({ Resource, Tags }) => {
      await changeTags("TagResource", api, Resource, (before) => withMappingTags(before, Tags));
      return {};
    },
  });
}

/** UntagResource: a key that is not there is removed, too. */
export function untagMapping(api: MappingApi): Operation {
  const keys = list(string({ lengthMin: 1, lengthMax: KEY_CHARACTERS_MAX }), { lengthMax: 100 });
  return operation({
    input: structure("UntagResourceRequest", { Resource: required(RESOURCE), TagKeys: required(keys) }),
    resource: ({ Resource }) => Resource,
    handle: async ({ Resource, TagKeys }) => {
      const removed = new Set(TagKeys);
      const without = (before: MappingTags): MappingTags =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !removed.has(key)));
      await changeTags("UntagResource", api, Resource, without);
      return {};
    },
  });
}

/** ListTags. A mapping of a file has none, and a function neither. */
export function listMappingTags(api: MappingApi): Operation {
  const { config } = api;
  return operation({
    input: structure("ListTagsRequest", { Resource: required(RESOURCE) }),
    resource: ({ Resource }) => Resource,
    handle: async ({ Resource }) => {
      if (tagsFunction(Resource)) return { Tags: functionTags(api, Resource) };
      const uuid = uuidOfArn(api, Resource);
      const tags = fileMapping(config(), uuid) === undefined ? (await keptMapping(api, uuid))?.tags : {};
      if (tags === undefined) throw noSuchResource();
      return { Tags: tags };
    },
  });
}

/** A mapping's tags with more of them. @throws AwsError */
export function withMappingTags(before: MappingTags, given: MappingTags): Record<string, string> {
  for (const [key, value] of Object.entries(given)) {
    if (key.length > 0 && key.length <= KEY_CHARACTERS_MAX && value.length <= VALUE_CHARACTERS_MAX) continue;
    const bounds = `a key of 1 to ${KEY_CHARACTERS_MAX} characters and a value of at most ${VALUE_CHARACTERS_MAX}`;
    throw wrongParameter(`A tag must have ${bounds}.`);
  }
  const all = { ...before, ...given };
  if (Object.keys(all).length > TAGS_MAX) throw wrongParameter(`An event source mapping has at most ${TAGS_MAX} tags.`);
  return all;
}

async function changeTags(
  operationName: string,
  api: MappingApi,
  arn: string,
  change: (before: MappingTags) => MappingTags,
): Promise<void> {
  if (tagsFunction(arn)) throw refusedTags(operationName, api, arn);
  const uuid = uuidOfArn(api, arn);
  requireNoFileMapping(operationName, api, uuid);
  const key = mappingKeyOf(uuid);
  await changeMappings(operationName, api, [key], ([found]) => {
    const before = foundMapping(found);
    const value = JSON.stringify({ ...before, tags: change(before.tags) });
    return [{ change: "put", ...key, value, expect: found?.revision ?? "absent" }];
  });
}

/** @throws AwsError for anything but an event source mapping of this account and region */
function uuidOfArn({ identity }: MappingApi, arn: string): string {
  const prefix = mappingArn(identity, "");
  if (arn.startsWith(prefix)) return arn.slice(prefix.length);
  throw noSuchResource();
}
