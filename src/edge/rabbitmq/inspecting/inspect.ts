import type { GetMessage } from "amqplib";
import type { Depth } from "../../../ports/broker/inspector.ts";
import type { Received } from "../../../domain/queue/message.ts";
import { SHOWN_BYTES_MAX } from "../../../ports/broker/inspector.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import type { Server } from "../connection/server.ts";
import { closeChannel, replyCode } from "../connection/channels.ts";
import { received } from "../publishing/message.ts";
import type { OneOffChannel } from "../connection/one-off-channel.ts";
import { openOneOffChannel } from "../connection/one-off-channel.ts";
import { asQueueRefusal, requireBrowsable } from "./queue-refusal.ts";
import { answerTo } from "../connection/rpc.ts";

/** What is ready and how many consumers there are: AMQP has no more. Undefined when there is no such queue. */
export async function depth(connection: RecoveringConnection, queue: string): Promise<Depth | undefined> {
  // A channel of its own: asking for a queue that is not there closes it.
  const channel = await connection.channel();
  try {
    const { messageCount, consumerCount } = await answerTo("a passive declare", channel.checkQueue(queue));
    return { ready: messageCount, consumers: consumerCount };
  } catch (error) {
    if (replyCode(error) === 404) return undefined;
    throw asQueueRefusal(queue, error);
  } finally {
    await closeChannel(channel);
  }
}

/** Gets up to `limit` messages, or enough bytes, and gives them all back in one go: up to 32 keep their order, more may lose it. @throws QueueRefusedError */
export async function peek(server: Server, queue: string, limit: number): Promise<readonly Received[]> {
  requireBrowsable(queue);
  return await onOneOffChannel(server, queue, async ({ channel }) => {
    const messages: GetMessage[] = [];
    let bytes = 0;
    while (messages.length < limit && bytes < SHOWN_BYTES_MAX) {
      const message = await answerTo(`reading queue "${queue}"`, channel.get(queue));
      if (message === false) break;
      messages.push(message);
      bytes += message.content.length;
    }
    const last = messages.at(-1);
    // Requeued with nack: a channel that closes over unacked messages gives them back as well, but as crashed.
    if (last !== undefined) channel.nack(last, true, true);
    // The answer to the close says that the nack has arrived.
    await closeChannel(channel);
    return messages.map((message) => received(queue, message));
  });
}

/** Deletes the messages that are ready. Resolves with how many they were. */
export async function purge(server: Server, queue: string): Promise<number> {
  return await onOneOffChannel(server, queue, async ({ channel }) => {
    const { messageCount } = await answerTo(`purging queue "${queue}"`, channel.purgeQueue(queue));
    return messageCount;
  });
}

/** Deletes a queue with the messages in it. RabbitMQ takes it well when there is none. */
export async function removeQueue(server: Server, queue: string): Promise<void> {
  await onOneOffChannel(server, queue, ({ channel }) =>
    answerTo(`deleting queue "${queue}"`, channel.deleteQueue(queue)),
  );
}

async function onOneOffChannel<T>(
  server: Server,
  queue: string,
  use: (oneOff: OneOffChannel) => Promise<T>,
): Promise<T> {
  const oneOff = await openOneOffChannel(server);
  try {
    return await use(oneOff);
  } catch (error) {
    throw asQueueRefusal(queue, oneOff.closedBecause() ?? error);
  } finally {
    await oneOff.close();
  }
}
