import type { Channel } from "amqplib";
import { openChannel } from "./channels.ts";
import { answerTo } from "./rpc.ts";
import { connectOnce } from "./server.ts";
import type { Server } from "./server.ts";

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
 * client that gets messages from a stream or purges one, so the connection carries nothing else.
 *
 * @throws Error when no node of the server can be reached.
 */
export async function openOneOffChannel(server: Server): Promise<OneOffChannel> {
  const model = await connectOnce(server, "busbar reading");
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
