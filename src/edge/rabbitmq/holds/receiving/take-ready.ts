import { randomUUID } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import { answerTo } from "../../connection/rpc.ts";
import type { HoldChannel } from "./hold-channel.ts";

/** When nothing has come for so long, nothing more is ready: others have taken what was counted. */
const SILENCE_MS = 50;

/**
 * Takes up to `count` messages that a queue has ready, by a subscription that ends with the last of them. RabbitMQ sends them
 * one behind the other, where a get waits for an answer and, in a quorum queue, for a log entry of its own. What crosses
 * the end of a subscription that got less than it asked for goes back, and RabbitMQ counts that as a receive.
 *
 * @param arrived is called with each message, and with none after the answer to the end.
 * @throws Error when the queue is gone, or the channel.
 */
export async function takeReady(
  { channel }: HoldChannel,
  queue: string,
  count: number,
  arrived: (raw: ConsumeMessage) => void,
): Promise<void> {
  const consumerTag = randomUUID();
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => resolve(undefined);
  let silence: NodeJS.Timeout | undefined;
  let left = count;
  const onMessage = (raw: ConsumeMessage | null): void => {
    silence?.refresh();
    left -= 1;
    if (raw !== null) arrived(raw);
    if (raw === null || left === 0) end();
  };
  channel.once("close", end);
  try {
    // One right behind the other: other requests of this channel set another prefetch.
    const requests = [channel.prefetch(count), channel.consume(queue, onMessage, { consumerTag })];
    await answerTo(`consuming queue "${queue}"`, Promise.all(requests));
    silence = setTimeout(end, SILENCE_MS);
    await ended;
    await answerTo(`cancelling queue "${queue}"`, Promise.all([channel.cancel(consumerTag), channel.prefetch(1)]));
  } finally {
    clearTimeout(silence);
    channel.removeListener("close", end);
  }
}
