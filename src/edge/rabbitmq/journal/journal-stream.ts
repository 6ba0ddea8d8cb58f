import type { ChannelModel } from "amqplib";
import type { JournalBounds } from "../../../ports/journal.ts";
import { replyCode } from "../connection/channels.ts";
import { openOneOffChannel } from "../connection/one-off-channel.ts";
import { RecoveringConnection } from "../connection/connection.ts";
import { answerTo } from "../connection/rpc.ts";
import type { Server } from "../connection/server.ts";
import { declareStream } from "../streams/stream.ts";

/** RabbitMQ's reply to a client that gets a single message from a stream. */
const NOT_IMPLEMENTED = 540;

/** The name of a stream of frames is taken by something that is no stream. */
export class NoStreamError extends Error {
  override readonly name = "NoStreamError";
  constructor(stream: string) {
    super(`"${stream}" exists and is no stream: delete it, and it is made as one`);
  }
}

/** Whether a failure says the same each time, until somebody mends its cause. */
export function isLasting(error: unknown): boolean {
  return error instanceof NoStreamError || replyCode(error) === 403;
}

/**
 * A connection for the journal alone: its flow control, alarms and refusals never reach those that carry events.
 * Resolves at once and connects in the background.
 */
export function beginJournalConnection(server: Server): Promise<RecoveringConnection> {
  const ignore = (): void => undefined;
  return RecoveringConnection.begin(server, "busbar journal", {
    prepare: () => Promise.resolve(),
    connected: ignore,
    disconnected: ignore,
    blocked: ignore,
    unblocked: ignore,
  });
}

/**
 * Makes a stream of frames. A stream that exists with other arguments is used as it is.
 *
 * @returns whether it has the arguments of these bounds. Where it has not, this takes a connection of its own.
 * @throws NoStreamError where something else has its name.
 */
export async function declareJournal(
  model: ChannelModel,
  server: Server,
  stream: string,
  bounds: JournalBounds,
): Promise<boolean> {
  const isAsWanted = await declareStream(model, stream, bounds);
  if (!isAsWanted && !(await isStream(server, stream))) throw new NoStreamError(stream);
  return isAsWanted;
}

/**
 * RabbitMQ names no queue's kind over AMQP, but closes the connection of a client that gets a single message from a
 * stream. A message that another kind gives goes back when the channel is closed.
 */
async function isStream(server: Server, name: string): Promise<boolean> {
  const asking = await openOneOffChannel(server);
  try {
    await answerTo(`asking what kind of queue "${name}" is`, asking.channel.get(name));
    return false;
  } catch (error) {
    if (replyCode(asking.closedBecause()) === NOT_IMPLEMENTED) return true;
    throw error;
  } finally {
    await asking.close();
  }
}
