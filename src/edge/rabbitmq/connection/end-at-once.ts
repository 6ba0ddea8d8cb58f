import { EventEmitter } from "node:events";
import type { ChannelModel } from "amqplib";

/**
 * Ends a connection as amqplib does when heartbeats are missed: its channels are closed when this returns, and nobody waits
 * for RabbitMQ, which may have closed it long ago.
 *
 * This uses amqplib's heartbeater, which its types do not have. If that property goes, the connection ends when its socket does.
 */
export function endAtOnce({ connection }: ChannelModel): void {
  const { heartbeater } = connection as { heartbeater?: unknown };
  if (heartbeater instanceof EventEmitter) heartbeater.emit("timeout");
}
