import { z } from "zod";
import { parseJson } from "../../json/json.ts";
import type { MadeTimes } from "./made-times.ts";

/** The kind of the store's entities that queues made over the API are kept as. */
export const QUEUE_KIND = "queue";

/**
 * The kind of the entities, and of the due work, that say of a queue that it was deleted and is yet to be deleted on the broker. The
 * entity's value is `QueueDeletionState`.
 */
export const QUEUE_DELETION_KIND = "queue-deletion";

/**
 * - `removing`: a router deletes the queue on the broker now, or soon. No queue of that name is made meanwhile.
 * - `removed`: it was deleted there. It is deleted once more after a while: a router that had not heard of it may have made it again.
 */
export type QueueDeletionState = "removing" | "removed";

/** What is due of a deletion, as its work says: the first removal, or the second. */
export const FIRST_DELETION = "first";
export const SECOND_DELETION = "second";

const texts = z.record(z.string(), z.string());

const madeQueue = z.object({
  /** By SQS's names, in SQS's form: those that were given. */
  attributes: texts,
  tags: texts.default({}),
});

/** What the store keeps of a queue that was made over the API. */
export type MadeQueue = z.output<typeof madeQueue>;

/** Reads what the store keeps; undefined when a router of another version wrote it, or something else did. */
export function readMadeQueue(value: string): MadeQueue | undefined {
  return madeQueue.safeParse(parseJson(value)).data;
}

export interface MadeQueueInForce extends MadeQueue, MadeTimes {}
