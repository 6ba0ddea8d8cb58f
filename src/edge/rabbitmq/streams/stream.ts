import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { closeChannel, openChannel, replyCode } from "../connection/channels.ts";
import { answerTo } from "../connection/rpc.ts";
import type { StreamBounds } from "./stream-arguments.ts";
import { streamArguments } from "./stream-arguments.ts";

/** Where a reading of a stream begins: a timestamp is in seconds, and stands for the chunk that holds it. */
export type StreamOffset = "first" | "last" | number | { readonly "!": "timestamp"; readonly value: number };

/**
 * Makes a stream, on a channel of its own, which a refusal closes.
 *
 * @returns false when something of that name exists with other arguments.
 */
export async function declareStream(model: ChannelModel, name: string, bounds: StreamBounds): Promise<boolean> {
  const channel = await openChannel(model);
  try {
    const declaring = channel.assertQueue(name, { arguments: streamArguments(bounds) });
    await answerTo(`making stream "${name}"`, declaring);
    return true;
  } catch (error) {
    if (replyCode(error) === 406) return false;
    throw error;
  } finally {
    await closeChannel(channel);
  }
}

/** Reads a stream from an offset on. The channel needs a prefetch. `null` is heard when the stream was deleted. */
export async function readStream(
  channel: Channel,
  name: string,
  from: StreamOffset,
  consumerTag: string,
  listener: (message: ConsumeMessage | null) => void,
): Promise<void> {
  const options = { consumerTag, arguments: { "x-stream-offset": from } };
  await answerTo(`reading stream "${name}"`, channel.consume(name, listener, options));
}

/** Where a message stands in its stream. NaN for a message that no stream gave. */
export function offsetOf({ properties }: ConsumeMessage): number {
  return Number(properties.headers?.["x-stream-offset"]);
}
