import { connect as connectByAmqplib } from "amqplib";
import type { Channel, ChannelModel } from "amqplib";
import type { Server } from "./connection.ts";
import { CONNECT_TIMEOUT_MS, HEARTBEAT_SECONDS, openChannel, parseUrl } from "./connection.ts";
import { answerTo } from "./rpc.ts";

/** A channel on a connection that carries nothing else. */
export interface OneOffChannel {
  readonly channel: Channel;
  /** Why RabbitMQ closed the connection; undefined while it stands. */
  readonly closedBecause: () => Error | undefined;
  /** Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens a channel for reading a queue that somebody else may have made. RabbitMQ closes the whole connection of a
 * client that gets messages from a stream, or purges one: nothing else may be lost with it.
 *
 * @throws Error when no node of the server can be reached.
 */
export async function openOneOffChannel(server: Server): Promise<OneOffChannel> {
  const model = await connectToAny(server);
  let closedBecause: Error | undefined;
  // Without a listener amqplib throws the error, which ends the process.
  model.on("error", (error: Error) => (closedBecause = error));
  const close = (): Promise<void> => answerTo("closing a connection", model.close()).catch(() => undefined);
  try {
    return { channel: await openChannel(model), closedBecause: () => closedBecause, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The nodes are tried in their order. Rejects with why the last one could not be reached. */
async function connectToAny({ urls, tls, connect = connectByAmqplib }: Server): Promise<ChannelModel> {
  let failure: unknown;
  for (const url of urls) {
    const options = { ...tls, noDelay: true, timeout: CONNECT_TIMEOUT_MS, clientProperties: { connection_name: NAME } };
    try {
      return await connect({ ...parseUrl(url), heartbeat: HEARTBEAT_SECONDS }, options);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

const NAME = "busbar reading";
