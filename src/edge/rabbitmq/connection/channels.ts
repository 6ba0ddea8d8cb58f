import type { Channel, ChannelModel, ConfirmChannel } from "amqplib";
import { answerTo } from "./rpc.ts";

/** What a part of the driver needs of a connection to open channels on it. */
export type Channels = Pick<ChannelModel, "createChannel" | "createConfirmChannel">;

/**
 * A new channel. Its `error` events are ignored: whoever uses it sees the failed answer or the `close`, and amqplib
 * throws an `error` that nobody listens to.
 *
 * @throws TimeLimitError, or Error when the connection is lost.
 */
export async function openChannel(channels: Channels): Promise<Channel> {
  const channel = await answerTo("opening a channel", channels.createChannel());
  channel.on("error", () => undefined);
  return channel;
}

/** The same, with confirms. */
export async function openConfirmChannel(channels: Channels): Promise<ConfirmChannel> {
  const channel = await answerTo("opening a channel", channels.createConfirmChannel());
  channel.on("error", () => undefined);
  return channel;
}

/** Closes a channel, which may be closed already. amqplib's `close` never settles when the connection is lost meanwhile. */
export async function closeChannel(channel: Channel): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  channel.once("close", () => resolve(undefined));
  const closing = channel.close().catch(() => undefined);
  await answerTo("closing a channel", Promise.race([closing, closed])).catch(() => undefined);
}

/** The AMQP reply code of an error that closed a channel or connection; undefined for every other error. */
export function replyCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : undefined;
}
