import { isFifoQueue } from "../../../domain/queue/fifo.ts";
import type { QueueRefusal } from "../../../ports/broker/inspector.ts";
import { QueueRefusedError } from "../../../ports/broker/inspector.ts";
import { replyCode } from "../connection/channels.ts";

/** Reply codes of AMQP 0-9-1 that say the same each time a queue is asked. */
const REFUSALS: ReadonlyMap<number, readonly [QueueRefusal, string]> = new Map([
  [403, ["forbidden", "may not be used by the router's RabbitMQ user"]],
  [405, ["locked", "is locked: the connection that declared it is the only one that may use it"]],
  [540, ["kind", "is of a kind that cannot be read message by message, such as a stream"]],
]);

/** The error as what it says of a queue, or as it was. */
export function asQueueRefusal(queue: string, error: unknown): unknown {
  const [refusal, because] = REFUSALS.get(replyCode(error) ?? 0) ?? [];
  if (refusal === undefined || because === undefined) return error;
  return new QueueRefusedError(refusal, `queue "${queue}" ${because}`, { cause: error });
}

/** Refuses a FIFO queue at once: RabbitMQ gives its messages to the owner alone. @throws QueueRefusedError */
export function requireBrowsable(queue: string): void {
  if (!isFifoQueue(queue)) return;
  const because = "is a FIFO queue: on RabbitMQ its messages are neither shown nor moved";
  throw new QueueRefusedError("kind", `queue "${queue}" ${because}`);
}
