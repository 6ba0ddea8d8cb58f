import { fifoHeaders } from "../../../../../domain/queue/fifo.ts";
import type { HeaderValue } from "../../../../../domain/queue/message.ts";
import type { QueueConfig } from "../../../../../domain/queue/queue-config.ts";
import { HEADER } from "../../../../../domain/delivery/headers.ts";
import { bodyDigest } from "./attribute-digest.ts";
import type { AwsError } from "../../../errors.ts";
import { invalidValue, missing, sqsError } from "../errors.ts";

/** What a sender gives a message for its place in a FIFO queue. */
interface GivenPlace {
  readonly MessageGroupId?: string | null | undefined;
  readonly MessageDeduplicationId?: string | null | undefined;
}

const NAMED = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;
const NOT_HERE = "The request include parameter that is not valid for this queue type.";

/** An id of a group, a deduplication or an attempt. @throws AwsError in AWS's words */
export function requireFifoName(parameter: string, value: string | null | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (NAMED.test(value)) return value;
  const reason = `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
  throw invalidValue(parameter, value.slice(0, 256), reason);
}

/**
 * What a message carries of its group, and in a FIFO queue of its deduplication. A standard queue takes a group too, which
 * locks nothing there.
 *
 * @throws AwsError
 */
export function placeHeaders(
  given: GivenPlace,
  body: Buffer,
  queue: QueueConfig,
): Readonly<Record<string, HeaderValue>> {
  if (queue.fifo !== true) return groupHeader(given);
  // Before the group, as AWS checks it.
  if (!hasDeduplication(given, queue)) throw noDeduplication();
  if ((given.MessageGroupId ?? undefined) === undefined) throw missing("MessageGroupId");
  const groupId = requireFifoName("MessageGroupId", given.MessageGroupId) ?? "";
  const id = requireFifoName("MessageDeduplicationId", given.MessageDeduplicationId);
  return fifoHeaders(queue, { groupId, deduplicationId: id ?? bodyDigest(body) });
}

/** A delay is the whole queue's where messages have an order. @throws AwsError */
export function requireNoFifoDelay(delaySeconds: number | undefined, { fifo }: QueueConfig): void {
  if (fifo === true && delaySeconds !== undefined && delaySeconds !== 0)
    throw invalidValue("DelaySeconds", delaySeconds, NOT_HERE);
}

/** A batch fails as a whole where an entry says nothing of its place. @throws AwsError */
export function requirePlaces(entries: readonly GivenPlace[], queue: QueueConfig): void {
  if (queue.fifo !== true) return;
  if (!entries.every((entry) => hasDeduplication(entry, queue))) throw noDeduplication();
  if (entries.every(({ MessageGroupId }) => (MessageGroupId ?? undefined) !== undefined)) return;
  throw sqsError("InvalidParameterValueException", "The request must contain the parameter MessageGroupId.");
}

function groupHeader({ MessageGroupId, MessageDeduplicationId }: GivenPlace): Readonly<Record<string, HeaderValue>> {
  if (MessageDeduplicationId !== undefined && MessageDeduplicationId !== null)
    throw invalidValue("MessageDeduplicationId", MessageDeduplicationId.slice(0, 128), NOT_HERE);
  const group = requireFifoName("MessageGroupId", MessageGroupId);
  return group === undefined ? {} : { [HEADER.messageGroupId]: group };
}

function hasDeduplication({ MessageDeduplicationId }: GivenPlace, queue: QueueConfig): boolean {
  return queue.contentBasedDeduplication === true || (MessageDeduplicationId ?? undefined) !== undefined;
}

function noDeduplication(): AwsError {
  const text =
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
  return sqsError("InvalidParameterValueException", text);
}
