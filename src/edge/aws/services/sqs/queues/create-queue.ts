import { isDeepStrictEqual } from "node:util";
import { queueArn } from "../../../../../domain/arn.ts";
import type { MadeQueue, QueueDeletionState } from "../../../../../domain/made/queue.ts";
import { isFifoQueue } from "../../../../../domain/queue/fifo.ts";
import { parseJson } from "../../../../../json/json.ts";
import type { Change, Entity } from "../../../../../ports/store/entities.ts";
import type { AwsError } from "../../../errors.ts";
import { string, structure } from "../../../input/shapes.ts";
import { stringMap } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { queueUrl } from "../queue-url.ts";
import type { QueueAttributes } from "./checked-attributes.ts";
import { changedAttributes, checkedAttributes } from "./checked-attributes.ts";
import { madeAttributes, settledAttributes } from "./queue-attributes.ts";
import { deletionKeyOf, foundMadeQueue, makeQueueChange, putQueue, queueKeyOf } from "./queue-change.ts";
import { requirePolicy } from "./queue-permissions.ts";
import { withQueueTags } from "./queue-tags.ts";
import { requireName, requireNoQueuePath } from "./reading.ts";
import { requireDeadLetterQueue } from "./redrive-policies.ts";

/** Made over the API, in all. */
const QUEUES_MAX = 1_000;
const NAME = /^[A-Za-z0-9_-]{1,80}$/;
const FIFO_NAME = /^[A-Za-z0-9_-]{1,75}\.fifo$/;
const STANDARD_NAMES = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
const FIFO_NAMES =
  "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length";
/** What SQS gives a queue that is made without: files' queues keep everything then. */
const DEFAULTS: QueueAttributes = { MessageRetentionPeriod: "345600" };

/** CreateQueue. One that is there with equal attributes is made, too, be it a file's. */
export function createQueue(messaging: Messaging): Operation {
  const { config, identity } = messaging;
  return operation({
    input: structure("CreateQueueRequest", { QueueName: string(), Attributes: stringMap(100), tags: stringMap(100) }),
    resource: ({ QueueName }) => queueArn(identity, requireName(QueueName)),
    handle: async ({ QueueName, Attributes, tags }, call) => {
      requireNoQueuePath("CreateQueue", call);
      const name = requireName(QueueName);
      const given = Attributes ?? {};
      const { queues, made } = config();
      const ofFile = made?.queues.has(name) === true ? undefined : queues.get(name);
      if (ofFile === undefined) await make(name, given, tags ?? {}, messaging);
      else requireEqual(given, settledAttributes(ofFile, identity));
      return { QueueUrl: queueUrl(call.arrival.request, identity, name) };
    },
  });
}

async function make(
  name: string,
  given: QueueAttributes,
  tags: Readonly<Record<string, string>>,
  messaging: Messaging,
): Promise<void> {
  requireQueueName(name, given);
  const attributes = changedAttributes(DEFAULTS, given, isFifoQueue(name));
  const queue: MadeQueue = { attributes, tags: withQueueTags(name, {}, tags) };
  requirePolicy(messaging, queue.attributes["Policy"]);
  const [key, deletionKey] = [queueKeyOf(name), deletionKeyOf(name)];
  await makeQueueChange("CreateQueue", messaging, [key, deletionKey], async ([found, deletion]) => {
    if (found !== undefined) {
      requireEqual(given, madeAttributes(foundMadeQueue(name, found).attributes));
      return [];
    }
    if (isFifoQueue(name) && attributes["FifoQueue"] !== "true") throw invalidName(STANDARD_NAMES);
    if ((messaging.config().made?.queues.size ?? 0) >= QUEUES_MAX)
      throw sqsError("OverLimit", `There are ${QUEUES_MAX} queues that were made over this API: delete some.`);
    const { RedrivePolicy: redrive } = queue.attributes;
    if (redrive !== undefined) await requireDeadLetterQueue(messaging, name, redrive);
    return [...endOf(deletion), ...putQueue(key, found, queue)];
  });
}

/** A queue of the name was deleted before. @throws AwsError while that is under way on the broker */
function endOf(deletion: Entity | undefined): readonly Change[] {
  if (deletion === undefined) return [];
  if (deletion.value === ("removing" satisfies QueueDeletionState)) {
    const text = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
    throw sqsError("QueueDeletedRecently", text);
  }
  const { kind, name, revision } = deletion;
  return [
    { change: "delete", kind, name, expect: revision },
    { change: "unschedule", kind, name },
  ];
}

/** @throws AwsError for a name that no queue has, or that none has with these attributes */
function requireQueueName(name: string, given: QueueAttributes): void {
  const { FifoQueue: type = "" } = given;
  if (isFifoQueue(name) ? FIFO_NAME.test(name) && !/^false$/i.test(type) : NAME.test(name) && !/^true$/i.test(type))
    return;
  throw invalidName(/^true$/i.test(type) ? FIFO_NAMES : STANDARD_NAMES);
}

function invalidName(text: string): AwsError {
  return sqsError("InvalidParameterValueException", text);
}

/** @throws AwsError that names the first attribute that differs */
function requireEqual(given: QueueAttributes, has: QueueAttributes): void {
  const isFifo = has["FifoQueue"] === "true";
  for (const [name, text] of Object.entries(given)) {
    // A queue does not change its type, which a check says in other words.
    const value =
      isFifo && name === "FifoQueue" ? text.toLowerCase() : checkedAttributes({ [name]: text }, isFifo)[name];
    if (isEqual(value, Object.hasOwn(has, name) ? has[name] : undefined)) continue;
    const message = `A queue already exists with the same name and a different value for attribute ${name}`;
    throw sqsError("QueueNameExists", message);
  }
}

/** Policies are compared by what they say. */
function isEqual(one: string | undefined, other: string | undefined): boolean {
  if (one === other || one === undefined || other === undefined) return one === other;
  const parsed = parseJson(one);
  return typeof parsed === "object" && isDeepStrictEqual(parsed, parseJson(other));
}
