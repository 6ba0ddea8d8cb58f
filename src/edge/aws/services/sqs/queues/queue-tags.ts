import { TAGS_MAX } from "../../../../../domain/made/made.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import { list, string, structure } from "../../../input/shapes.ts";
import { stringMap } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { missing, sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { configuredQueue, namedQueue, QUEUE_URL, queueResource } from "../messaging.ts";
import { changeQueue } from "./queue-change.ts";

const KEY_CHARACTERS_MAX = 128;
const VALUE_CHARACTERS_MAX = 256;

type QueueTags = Readonly<Record<string, string>>;

export function listQueueTags(messaging: Messaging): Operation {
  return operation({
    input: structure("ListQueueTagsRequest", QUEUE_URL),
    resource: (input) => queueResource(messaging, input),
    handle: (input): JsonObject => {
      const { tags = {} } = configuredQueue(messaging, input);
      return Object.keys(tags).length === 0 ? {} : { Tags: tags };
    },
  });
}

/** The query protocol has one parameter for this and CreateQueue, whose member begins with a small letter. */
export function tagQueue(messaging: Messaging): Operation {
  const tags = stringMap(100);
  return operation({
    input: structure("TagQueueRequest", { ...QUEUE_URL, Tags: tags, tags }),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const name = namedQueue(input);
      const given = input.Tags ?? input.tags ?? {};
      if (Object.keys(given).length === 0) throw missing("Tags");
      await changeQueue("TagQueue", messaging, name, (before) => {
        return { ...before, tags: withQueueTags(name, before.tags, given) };
      });
      return {};
    },
  });
}

/** Keys that it has not are no error. */
export function untagQueue(messaging: Messaging): Operation {
  return operation({
    input: structure("UntagQueueRequest", { ...QUEUE_URL, TagKeys: list(string(), { lengthMax: 100 }) }),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const name = namedQueue(input);
      const keys = new Set(input.TagKeys ?? []);
      if (keys.size === 0) throw missing("TagKeys");
      await changeQueue("UntagQueue", messaging, name, (before) => {
        const kept = Object.entries(before.tags).filter(([key]) => !keys.has(key));
        return { ...before, tags: Object.fromEntries(kept) };
      });
      return {};
    },
  });
}

/** A queue's tags with more of them. @throws AwsError */
export function withQueueTags(queue: string, before: QueueTags, given: QueueTags): QueueTags {
  for (const [key, value] of Object.entries(given)) {
    if (key.length > 0 && key.length <= KEY_CHARACTERS_MAX && value.length <= VALUE_CHARACTERS_MAX) continue;
    const bounds = `a key of 1 to ${KEY_CHARACTERS_MAX} characters and a value of at most ${VALUE_CHARACTERS_MAX}`;
    throw sqsError("InvalidParameterValueException", `A tag of queue ${queue} must have ${bounds}.`);
  }
  const all = { ...before, ...given };
  if (Object.keys(all).length <= TAGS_MAX) return all;
  throw sqsError("InvalidParameterValueException", `Too many tags added for queue ${queue}.`);
}
