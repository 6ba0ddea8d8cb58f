import { randomUUID } from "node:crypto";
import type { Channel, ConsumeMessage } from "amqplib";
import { waitFor } from "../../../async/time-limit.ts";
import { answerTo } from "../connection/rpc.ts";
import type { StreamOffset } from "./stream.ts";
import { offsetOf, readStream } from "./stream.ts";

/** An empty stream says nothing, so silence for this long is taken for one. */
const SILENCE_MS = 1_000;

/**
 * The messages that a stream gives at once from an offset on; none where it is silent. RabbitMQ sends what fits into the
 * channel's prefetch, and a chunk mostly whole; all of it has come when the end of the reading is confirmed.
 *
 * @param onSilence called when nothing has come for a second. What it makes come is waited for.
 * @throws Error when there is no such stream, or when something else has its name.
 */
export async function readBeginning(
  channel: Channel,
  name: string,
  from: StreamOffset,
  onSilence: () => Promise<"wait" | "empty"> = () => Promise.resolve("empty"),
): Promise<readonly ConsumeMessage[]> {
  const tag = randomUUID();
  const messages: ConsumeMessage[] = [];
  const { promise: heard, resolve } = Promise.withResolvers<true>();
  await readStream(channel, name, from, tag, (message) => {
    resolve(true);
    if (message === null) return;
    messages.push(message);
    if (!Number.isNaN(offsetOf(message))) channel.ack(message);
  });
  if (!(await waitFor(heard, SILENCE_MS)) && (await onSilence()) === "wait") {
    await answerTo(`reading stream "${name}"`, heard);
  }
  await answerTo(`ending a reading of stream "${name}"`, channel.cancel(tag));
  // A queue of this name would hand each message to one reader only. It gets back what it gave.
  if (messages.some((message) => Number.isNaN(offsetOf(message)))) throw new Error(`"${name}" is no stream`);
  return messages;
}

/** The offset of the last message; -1 for an empty stream. The last chunk, which is read, may hold several. */
export async function lastOffset(
  channel: Channel,
  name: string,
  onSilence?: () => Promise<"wait" | "empty">,
): Promise<number> {
  const messages = await readBeginning(channel, name, "last", onSilence);
  return messages.reduce((last, message) => Math.max(last, offsetOf(message)), -1);
}
