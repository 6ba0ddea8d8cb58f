import { createHash } from "node:crypto";
import type { Config } from "../../domain/config.ts";
import { HEADER } from "../../domain/delivery/headers.ts";
import { fifoHeaders } from "../../domain/queue/fifo.ts";
import type { HeaderValue, Message } from "../../domain/queue/message.ts";

/**
 * The message group of a rule's or a schedule's message. In a FIFO queue the id of the message is its deduplication id, unless the
 * queue has those of bodies.
 *
 * @param groupId of the target; undefined where it has none.
 */
export function groupHeaders(
  { queue: name, id, body }: Pick<Message, "queue" | "id" | "body">,
  groupId: string | undefined,
  { queues }: Config,
): Readonly<Record<string, HeaderValue>> {
  if (groupId === undefined) return {};
  const queue = queues.get(name);
  if (queue?.fifo !== true) return { [HEADER.messageGroupId]: groupId };
  const deduplicationId =
    queue.contentBasedDeduplication === true ? createHash("sha256").update(body).digest("hex") : id;
  return fifoHeaders(queue, { groupId, deduplicationId });
}
