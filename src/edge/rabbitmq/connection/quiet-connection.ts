import { RecoveringConnection } from "./connection.ts";
import type { Server } from "./server.ts";
import { batchWrites } from "./write-batching.ts";

/** How long the first use waits for its connection. */
const CONNECT_WAIT_MS = 5_000;

/**
 * A connection beside those that every router has, which report an outage for it. Without one within 5 s it resolves all
 * the same, and connects later. What one step writes leaves as soon as the step is done.
 *
 * @param name is shown by RabbitMQ.
 */
export async function connectQuietly(server: Server, name: string): Promise<RecoveringConnection> {
  const connection = await RecoveringConnection.begin(server, name, {
    prepare: (model) => {
      batchWrites(model, (flush) => process.nextTick(flush));
      return Promise.resolve();
    },
    connected: () => undefined,
    disconnected: () => undefined,
    blocked: () => undefined,
    unblocked: () => undefined,
  });
  await connection.ready(AbortSignal.timeout(CONNECT_WAIT_MS));
  return connection;
}
