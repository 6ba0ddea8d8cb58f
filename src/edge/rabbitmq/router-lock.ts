import type { ChannelModel } from "amqplib";
import { STORE_LOCK_QUEUE } from "../../domain/queue/queues.ts";
import { StoreError } from "../../ports/store/store.ts";
import { openChannel, replyCode } from "./connection/channels.ts";
import { RecoveringConnection } from "./connection/connection.ts";
import { answerTo } from "./connection/rpc.ts";
import type { Server } from "./connection/server.ts";

/** RabbitMQ's reply to who declares a queue that is exclusive to another connection. */
const RESOURCE_LOCKED = 405;
/** A router that crashed, or was cut off, has the lock until RabbitMQ misses its heartbeats. */
const PATIENCE_MS = 30_000;
/** Until RabbitMQ says more: it may be away, or another router may have the place, or this router's former connection. */
const NOT_HELD = "RabbitMQ does not say that this router is the only one with an embedded store";
const TAKEN_BY_ANOTHER = "another router has the place of the one with an embedded store on this RabbitMQ";

export interface RouterLockOptions extends Server {
  /** Called when the lock was lost and another router has had it for `patienceMs`; again as long as that is so. */
  readonly fault: (message: string, error: unknown) => void;
  /** Called for each try to connect that failed before the lock was taken. */
  readonly disconnected: (error: Error) => void;
  /** How long another router may have the lock before it is believed to be there to stay. */
  readonly patienceMs?: number;
}

/** The place of the one router with an embedded store. */
export interface RouterLock {
  /** Why this router has it no more, or not now; undefined as long as it has it. */
  readonly problem: () => StoreError | undefined;
  readonly release: () => Promise<void>;
}

/**
 * Takes the place of the one router with an embedded store: a queue that is exclusive to a connection of its own, which
 * RabbitMQ deletes when that ends. Taken again on each new connection.
 *
 * @throws Error when another router has it.
 */
export async function takeRouterLock(options: RouterLockOptions): Promise<RouterLock> {
  const { fault, patienceMs = PATIENCE_MS } = options;
  let isTaken = false;
  let problem: StoreError | undefined;
  const taken = Promise.withResolvers<undefined>();
  let lockedSinceMs: number | undefined;
  const locked = (error: Error): void => {
    lockedSinceMs ??= performance.now();
    if (performance.now() - lockedSinceMs < patienceMs) return;
    const message = TAKEN_BY_ANOTHER;
    // Before it was taken once this ends the start, and afterwards it does nothing.
    taken.reject(new Error(`${message}: give routers one store in PostgreSQL, by BUSBAR_STORE`, { cause: error }));
    problem = new StoreError("refused", `${message}: stop one of the two, or give both one store in PostgreSQL`);
    fault(message, error);
    lockedSinceMs = undefined;
  };
  const connection = await RecoveringConnection.begin(options, "busbar store lock", {
    prepare: declareLock,
    connected: () => {
      lockedSinceMs = undefined;
      isTaken = true;
      problem = undefined;
      taken.resolve(undefined);
    },
    disconnected: (error) => {
      if (problem?.reason !== "refused") problem = new StoreError("unavailable", NOT_HELD, { cause: error });
      if (replyCode(error) === RESOURCE_LOCKED) locked(error);
      else if (!isTaken) options.disconnected(error);
    },
    blocked: () => undefined,
    unblocked: () => undefined,
  });
  const release = (): Promise<void> => connection.close();
  try {
    await taken.promise;
  } catch (error) {
    await release();
    throw error;
  }
  return { problem: () => problem, release };
}

async function declareLock(model: ChannelModel): Promise<void> {
  const channel = await openChannel(model);
  const declaring = channel.assertQueue(STORE_LOCK_QUEUE, { exclusive: true, durable: false });
  await answerTo("taking the place of the router with an embedded store", declaring);
}
