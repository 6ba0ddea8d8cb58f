import type { Channel, ConsumeMessage } from "amqplib";
import { declarationOf } from "../../../../domain/queue/queues.ts";
import { answerTo } from "../../connection/rpc.ts";
import { queueArguments } from "../../topology/queue-arguments.ts";

/**
 * Subscribes to a FIFO queue, which is made if it is missing. RabbitMQ serves one subscription at a time, in the order in which they
 * came, and hands out so many messages.
 */
export async function standInLine(
  channel: Channel,
  queue: string,
  messagesMax: number,
  listener: (raw: ConsumeMessage | null) => void,
): Promise<void> {
  // A queue of this name that others made may have several consumers: then nothing is received from it.
  const made = channel.assertQueue(queue, { arguments: queueArguments(declarationOf(queue)) });
  await answerTo(`making FIFO queue "${queue}"`, made);
  await answerTo("setting the prefetch", channel.prefetch(messagesMax));
  await answerTo(`coming to FIFO queue "${queue}"`, channel.consume(queue, listener));
}
