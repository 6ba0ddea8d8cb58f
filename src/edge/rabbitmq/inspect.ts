import type { Channel, GetMessage } from "amqplib";
import type { Depth, Received } from "../../core/broker.ts";
import type { RecoveringConnection } from "./connection.ts";
import { closeChannel, replyCode } from "./connection.ts";
import { received } from "./message.ts";
import { RPC_TIMEOUT_MS, within } from "./time-limit.ts";

/** What is ready and how many consumers there are: AMQP tells no more. Undefined when there is no such queue. */
export async function depth(connection: RecoveringConnection, queue: string): Promise<Depth | undefined> {
  return await onOwnChannel(connection, async (channel) => {
    try {
      const { messageCount, consumerCount } = await within(
        RPC_TIMEOUT_MS,
        "a passive declare",
        channel.checkQueue(queue),
      );
      return { ready: messageCount, consumers: consumerCount };
    } catch (error) {
      if (replyCode(error) === 404) return undefined;
      throw error;
    }
  });
}

/** Gets up to `limit` messages and gives them all back in one go: up to 32 keep their order, more may lose it. */
export async function peek(
  connection: RecoveringConnection,
  queue: string,
  limit: number,
): Promise<readonly Received[]> {
  return await onOwnChannel(connection, async (channel) => {
    const messages: GetMessage[] = [];
    while (messages.length < limit) {
      const message = await within(RPC_TIMEOUT_MS, `reading queue "${queue}"`, channel.get(queue));
      if (message === false) break;
      messages.push(message);
    }
    const last = messages.at(-1);
    // Requeued with nack: a channel that closes over unacked messages gives them back as well, but as crashed.
    if (last !== undefined) channel.nack(last, true, true);
    return messages.map((message) => received(queue, message));
  });
}

export async function purge(connection: RecoveringConnection, queue: string): Promise<number> {
  return await onOwnChannel(connection, async (channel) => {
    const { messageCount } = await within(RPC_TIMEOUT_MS, `purging queue "${queue}"`, channel.purgeQueue(queue));
    return messageCount;
  });
}

/** Asking for a queue that is not there closes the channel, so nobody else may be on it. */
async function onOwnChannel<T>(connection: RecoveringConnection, use: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await connection.channel();
  try {
    return await use(channel);
  } finally {
    await closeChannel(channel);
  }
}
