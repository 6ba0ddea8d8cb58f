import type { Broker, BrokerEvents, BrokerState } from "../../../ports/broker/broker.ts";
import type { Browsing, Depth } from "../../../ports/broker/inspector.ts";
import type { Consumer, MessageHandler } from "../../../ports/broker/consumer.ts";
import type { Message, Received } from "../../../domain/queue/message.ts";
import type { QueueDeclaration } from "../../../domain/queue/declaration.ts";
import type { Taken } from "../../../ports/broker/taker.ts";
import { PublishError } from "../../../ports/broker/publisher.ts";
import { SqliteArchives } from "../archive/archive-streams.ts";
import { SqliteStreams } from "../archive/stream-reading.ts";
import { SqliteFifoQueues } from "../fifo/fifo-queues.ts";
import { SqliteHolds } from "../holds/holds.ts";
import { browseTable } from "./browse.ts";
import { settleStored, subscribe } from "./consuming/consumer.ts";
import { consumerOf } from "./consuming/in-order-consumer.ts";
import { LogFollower } from "../log/log-follower.ts";
import { asReceived, slices } from "./messages/message.ts";
import { storeMessages } from "./messages/store-messages.ts";
import type { StoredMessage } from "./messages/stored-message.ts";
import { DatabaseError } from "../database-thread.ts";
import { BrokerThread } from "./broker-thread.ts";

const STORE_BYTES_MAX = 1024 * 1024;
const PURGE_SLICE = 1_000;

export interface SqliteBrokerOptions {
  /** Made when missing. One broker at a time. */
  readonly folder: string;
  readonly events: Partial<BrokerEvents>;
  /** How large the file may become, in bytes: from there on, it is as if the disk were full. No limit by default. */
  readonly storeBytesMax?: number;
}

/**
 * Opens the broker for one process and no server: a SQLite file in `folder`, owned by a worker thread.
 * Rejects when another process has the folder, or when the file cannot be read.
 */
export async function openSqliteBroker(options: SqliteBrokerOptions): Promise<SqliteBroker> {
  const { folder, events, storeBytesMax } = options;
  const broker = new SqliteBroker(await BrokerThread.open({ folder, storeBytesMax }), events);
  events.connected?.();
  return broker;
}

/** The broker's main-thread side: everything durable is asked of the worker thread. */
export class SqliteBroker implements Broker {
  readonly address = "this router";
  readonly archives: SqliteArchives;
  readonly holds: SqliteHolds;
  readonly streams: SqliteStreams;
  /** Nothing is made again here. */
  readonly forget = (): void => undefined;
  readonly fifo: SqliteFifoQueues;
  readonly #client: BrokerThread;
  readonly #events: Partial<BrokerEvents>;
  /** Who gets the messages handed to a subscription. */
  readonly #receivers = new Map<number, (message: StoredMessage) => void>();
  readonly #broadcastListeners: ((body: Buffer) => void)[] = [];
  readonly #logFollowers: LogFollower[] = [];
  #subscriptions = 0;
  #state: BrokerState = "connected";

  constructor(client: BrokerThread, events: Partial<BrokerEvents>) {
    this.#client = client;
    this.archives = new SqliteArchives(client);
    this.holds = new SqliteHolds(client, events);
    this.streams = new SqliteStreams(client);
    this.fifo = new SqliteFifoQueues(client, this.holds);
    this.#events = events;
    client.listen({
      handedOut: ({ consumer, message }) => this.#receivers.get(consumer)?.(message),
      rung: (queue) => this.holds.rung(queue),
      delayed: (latenessMs) => events.delayedBy?.(latenessMs / 1_000),
      visibleAgain: (queue, count) => events.visibleAgain?.(queue, count, "time"),
      blocked: (reason) => {
        this.#state = "blocked";
        events.blocked?.(reason);
      },
      unblocked: () => {
        this.#state = "connected";
        events.unblocked?.();
      },
      fault: (error) => events.fault?.("the embedded store failed", error),
      ended: (error) => {
        this.#state = "disconnected";
        events.disconnected?.(error);
      },
    });
  }

  get state(): BrokerState {
    return this.#state;
  }

  async declare(queues: readonly QueueDeclaration[]): Promise<void> {
    await this.#client.call("declare", [queues]);
  }

  remove(queue: string): Promise<void> {
    return this.holds.remove(queue);
  }

  async publish(messages: readonly Message[], options?: { readonly delayMs?: number }): Promise<void> {
    const startedMs = performance.now();
    const parts = slices(messages, STORE_BYTES_MAX);
    const failures = await Promise.all(
      parts.map(async (part) => {
        const failed = await storeMessages(this.#client, part.messages, options?.delayMs);
        return failed.map(({ index, reason }) => ({ index: part.first + index, reason }));
      }),
    );
    this.streams.stored(messages.map(({ queue }) => queue));
    if (failures.flat().length > 0) throw new PublishError(failures.flat());
    this.#events.confirmed?.((performance.now() - startedMs) / 1_000);
  }

  async consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer> {
    const subscription = { consumer: this.#subscriptions++, queue, limit, once: false };
    const forget = (): void => void this.#receivers.delete(subscription.consumer);
    const consumer = consumerOf(this.#client, subscription, handler, forget);
    this.#receivers.set(subscription.consumer, (message) => consumer.handle(message));
    try {
      await consumer.resume();
    } catch (error) {
      forget();
      throw error;
    }
    return consumer;
  }

  async take(queue: string, signal: AbortSignal): Promise<Taken | undefined> {
    const message = await this.#takeMessage(queue, signal);
    if (message === undefined) return undefined;
    const taken: Taken = {
      message: asReceived(queue, message),
      ack: () => settleStored(this.#client, queue, message.sequence, "ack"),
      giveBack: () => settleStored(this.#client, queue, message.sequence, "give-back"),
    };
    if (!signal.aborted) return taken;
    await taken.giveBack();
    return undefined;
  }

  async depth(queue: string): Promise<Depth | undefined> {
    return this.#client.call("depth", [queue]);
  }

  async peek(queue: string, limit: number): Promise<readonly Received[]> {
    const messages = await this.#client.call("peek", [queue, limit]);
    if (messages === undefined) throw new Error(`there is no queue "${queue}"`);
    return messages.map((message) => asReceived(queue, message));
  }

  browse(queue: string): Promise<Browsing> {
    return Promise.resolve(browseTable(this.#client, queue, this.#subscriptions++));
  }

  /** In slices, so that the store goes on with other work in between. */
  async purge(queue: string): Promise<number> {
    // What is published meanwhile stays, or a purge might never end.
    const ready = (await this.depth(queue))?.ready ?? 0;
    let purged = 0;
    while (purged < ready) {
      const slice = await this.#client.call("purgeSlice", [queue, Math.min(PURGE_SLICE, ready - purged)]);
      if (slice === undefined || slice === 0) break;
      purged += slice;
    }
    return purged;
  }

  /** There is one router on this broker, so everybody who listens is here. */
  async broadcast(body: Buffer): Promise<void> {
    await Promise.resolve();
    for (const listener of this.#broadcastListeners) listener(body);
  }

  onBroadcast(listener: (body: Buffer) => void): void {
    this.#broadcastListeners.push(listener);
  }

  async send(address: string, body: Buffer): Promise<void> {
    if (address !== this.address) throw new RangeError(`"${address.slice(0, 100)}" is not the address of a router`);
    await this.broadcast(body);
  }

  async append(record: Buffer): Promise<void> {
    try {
      await this.#client.call("appendRecord", [record]);
    } catch (error) {
      if (error instanceof DatabaseError)
        throw new PublishError([{ index: 0, reason: error.reason }], { cause: error });
      throw error;
    }
    // There is one router on this broker, so whatever is appended is appended here. The store reports failures.
    for (const follower of this.#logFollowers) void follower.read().catch(() => undefined);
  }

  async follow(listener: (record: Buffer) => void): Promise<void> {
    const follower = new LogFollower(this.#client, listener);
    this.#logFollowers.push(follower);
    await follower.read();
  }

  async close(): Promise<void> {
    this.#state = "disconnected";
    await this.#client.close();
  }

  /** Ends where it stands, as a crash of the process would: what is in flight is handed out again by the next one. */
  async abandon(): Promise<void> {
    await this.#client.terminate();
  }

  /** One message, or undefined when the signal fired or the broker closed before one came. */
  async #takeMessage(queue: string, signal: AbortSignal): Promise<StoredMessage | undefined> {
    if (signal.aborted) return undefined;
    const consumer = this.#subscriptions++;
    const { promise, resolve } = Promise.withResolvers<StoredMessage | undefined>();
    const giveUp = () => resolve(undefined);
    // Once the unsubscribing is answered no message can come any more; one that came before it has resolved.
    const cancel = () => void this.#client.call("unsubscribe", [consumer]).then(giveUp, giveUp);
    this.#receivers.set(consumer, resolve);
    signal.addEventListener("abort", cancel, { once: true });
    this.#client.ended.addEventListener("abort", giveUp, { once: true });
    try {
      await subscribe(this.#client, { consumer, queue, limit: 1, once: true });
      return await promise;
    } finally {
      this.#receivers.delete(consumer);
      signal.removeEventListener("abort", cancel);
      this.#client.ended.removeEventListener("abort", giveUp);
    }
  }
}
