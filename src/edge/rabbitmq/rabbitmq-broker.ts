import type { Broker, BrokerEvents, BrokerState } from "../../ports/broker.ts";
import type { Browsing, Depth } from "../../ports/inspector.ts";
import type { Consumer, MessageHandler } from "../../ports/consumer.ts";
import type { Message } from "../../domain/queue/message.ts";
import type { QueueDeclaration } from "../../domain/queue/declaration.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { Taken } from "../../ports/taker.ts";
import { UNDELIVERABLE_QUEUE } from "../../domain/queue/queues.ts";
import { addressed, broadcast, BroadcastReceiver } from "./broadcast.ts";
import { browseQueue } from "./inspecting/browse.ts";
import type { Server } from "./connection/server.ts";
import { RecoveringConnection } from "./connection/connection.ts";
import type { ConsumerOptions } from "./consuming/consumer.ts";
import { QueueConsumer } from "./consuming/consumer.ts";
import { RabbitMqControlLog } from "./log/control-log.ts";
import { delayedBySeconds } from "./topology/delay-ladder.ts";
import { depth, peek, purge } from "./inspecting/inspect.ts";
import { delayed, direct } from "./publishing/message.ts";
import { Outage } from "./connection/outage.ts";
import { RabbitMqPublisher } from "./publishing/publisher.ts";
import { RabbitMqTaker } from "./consuming/taker.ts";
import { Topology } from "./topology/topology.ts";
import { rescue } from "./consuming/undeliverable.ts";
import { batchWrites } from "./connection/write-batching.ts";

/** How many undeliverable messages are rescued at once. */
const RESCUES_AT_ONCE = 10;

export interface RabbitMqOptions extends Server {
  readonly events: Partial<BrokerEvents>;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
}

/**
 * Resolves when RabbitMQ is connected and everything Busbar needs has been made on it, and tries for as long as
 * that takes; `events.disconnected` tells what is in the way. From then on it reconnects by itself.
 *
 * It publishes on one connection and consumes on another: a broker short of memory or disk stops reading from
 * connections that publish, and their acks and cancels would wait with the rest.
 */
export async function connectRabbitMq({ events, clock = Date.now, ...server }: RabbitMqOptions): Promise<Broker> {
  const report: BrokerEvents = { ...SILENT, ...events };
  const topology = new Topology((message, error) => report.fault(message, error));
  const outage = new Outage(["consuming", "publishing"], report);

  const consuming = await RecoveringConnection.open(server, "busbar consuming", {
    prepare: (model) => {
      // Nobody waits for an ack, and RabbitMQ settles many at once sooner than each by itself.
      batchWrites(model, setImmediate);
      return topology.declareAll(model);
    },
    connected: () => outage.connected("consuming"),
    disconnected: (error) => outage.disconnected("consuming", error),
    blocked: () => undefined, // only a connection that publishes is
    unblocked: () => undefined,
  });
  const publishing = await RecoveringConnection.open(server, "busbar publishing", {
    prepare: (model) => {
      // Callers wait for confirms: what one step has published leaves as soon as it is done.
      batchWrites(model, (flush) => process.nextTick(flush));
      return Promise.resolve();
    },
    connected: () => outage.connected("publishing"),
    disconnected: (error) => outage.disconnected("publishing", error),
    blocked: (reason) => report.blocked(reason),
    unblocked: () => report.unblocked(),
  });
  const publisher = new RabbitMqPublisher(
    publishing,
    (model) => topology.declareAll(model),
    (seconds) => report.confirmed(seconds),
  );

  const log = await RabbitMqControlLog.open(server, (message, error) => report.fault(message, error));

  const broker = new RabbitMqBroker({ server, consuming, publishing, publisher, topology, log, report, clock });
  await broker.start();
  return broker;
}

const SILENT: BrokerEvents = {
  connected: () => undefined,
  disconnected: () => undefined,
  blocked: () => undefined,
  unblocked: () => undefined,
  confirmed: () => undefined,
  fault: () => undefined,
  deadLettered: () => undefined,
  delayedBy: () => undefined,
};

interface Parts {
  readonly server: Server;
  readonly consuming: RecoveringConnection;
  readonly publishing: RecoveringConnection;
  readonly publisher: RabbitMqPublisher;
  readonly topology: Topology;
  readonly log: RabbitMqControlLog;
  readonly report: BrokerEvents;
  readonly clock: () => number;
}

class RabbitMqBroker implements Broker {
  readonly #parts: Parts;
  readonly #taker: RabbitMqTaker;
  readonly #routers: BroadcastReceiver;
  readonly #undeliverable: QueueConsumer;
  readonly #closing = new AbortController();
  /** The queues that are being made again, by name. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(parts: Parts) {
    const { consuming, publisher } = parts;
    this.#parts = parts;
    this.#routers = new BroadcastReceiver(consuming);
    this.#taker = new RabbitMqTaker({
      connection: consuming,
      declareAgain: (queue) => this.#declareAgain(queue),
      republish: (message) => publisher.publish([direct(message)]),
      arrived: (message) => this.#arrived(message),
    });
    this.#undeliverable = this.#consumer(UNDELIVERABLE_QUEUE, RESCUES_AT_ONCE, (message, _lost, routingKey) =>
      rescue(message, routingKey, {
        declareAgain: (queue) => this.#declareAgain(queue),
        publish: (messages) => publisher.publish(messages),
        onDeadLetter: (fact) => parts.report.deadLettered(fact),
      }),
    );
  }

  async start(): Promise<void> {
    await this.#parts.publisher.start();
    await Promise.all([this.#routers.start(), this.#undeliverable.start()]);
  }

  get state(): BrokerState {
    return this.#parts.publisher.state;
  }

  /** While there is no connection it only remembers them: all that was declared is made before anything is consumed again. */
  async declare(queues: readonly QueueDeclaration[]): Promise<void> {
    const { topology, consuming } = this.#parts;
    topology.remember(queues);
    const { model } = consuming;
    if (model === undefined) return;
    try {
      await topology.declare(model, queues);
    } catch (error) {
      if (consuming.model === model) throw error;
    }
  }

  async publish(messages: readonly Message[], { delayMs = 0 }: { readonly delayMs?: number } = {}): Promise<void> {
    const { publisher, clock } = this.#parts;
    const nowMs = clock();
    await publisher.publish(
      messages.map((message) => (delayMs > 0 ? delayed(message, delayMs, nowMs) : direct(message))),
    );
  }

  async consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer> {
    await this.#mustExist(queue);
    const consumer = this.#consumer(queue, limit, handler);
    await consumer.start();
    return consumer;
  }

  async take(queue: string, signal: AbortSignal): Promise<Taken | undefined> {
    await this.#mustExist(queue);
    return await this.#taker.take(queue, AbortSignal.any([signal, this.#closing.signal]));
  }

  depth(queue: string): Promise<Depth | undefined> {
    return depth(this.#parts.consuming, queue);
  }

  peek(queue: string, limit: number): Promise<readonly Received[]> {
    return peek(this.#parts.server, queue, limit);
  }

  browse(queue: string): Promise<Browsing> {
    return browseQueue(this.#parts.server, queue);
  }

  purge(queue: string): Promise<number> {
    return purge(this.#parts.server, queue);
  }

  broadcast(body: Buffer): Promise<void> {
    return this.#parts.publisher.publish([broadcast(body)]);
  }

  onBroadcast(listener: (body: Buffer) => void): void {
    this.#routers.add(listener);
  }

  get address(): string | undefined {
    return this.#routers.address;
  }

  async send(address: string, body: Buffer): Promise<void> {
    await this.#parts.publisher.publish([addressed(address, body)]);
  }

  append(record: Buffer): Promise<void> {
    return this.#parts.log.append(record);
  }

  follow(listener: (record: Buffer) => void): Promise<void> {
    return this.#parts.log.follow(listener);
  }

  /** Consumers are stopped before, by whoever has them: what they still hold goes back and counts as crashed. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#undeliverable.stop();
    await this.#taker.close();
    await this.#routers.end();
    await this.#parts.log.close();
    await this.#parts.publisher.end();
    await Promise.all([this.#parts.consuming.close(), this.#parts.publishing.close()]);
    this.#parts.report.disconnected(undefined);
  }

  #consumer(queue: string, limit: number, handler: ConsumerOptions["handler"]): QueueConsumer {
    return new QueueConsumer(this.#parts.consuming, {
      queue,
      limit,
      singleActive: this.#parts.topology.find(queue)?.singleActiveConsumer ?? false,
      handler,
      declareAgain: () => this.#declareAgain(queue),
      arrived: (message) => this.#arrived(message),
      refused: (error) => this.#parts.report.fault(`RabbitMQ refuses a consumer of queue "${queue}"`, error),
    });
  }

  /** A queue that was never declared and is not there is a mistake. Any other comes back. */
  async #mustExist(queue: string): Promise<void> {
    if (this.#parts.topology.find(queue) !== undefined || (await this.depth(queue)) !== undefined) return;
    throw new Error(`there is no queue "${queue}"`);
  }

  /**
   * Once for all who ask at the same time: while a quorum queue is being made, RabbitMQ tells whoever declares it as
   * well that it is there, and nacks what they publish to it.
   */
  #declareAgain(queue: string): Promise<void> {
    const declaration = this.#parts.topology.find(queue);
    const { model } = this.#parts.consuming;
    if (declaration === undefined || model === undefined) return Promise.resolve();
    const making = this.#making.get(queue);
    if (making !== undefined) return making;
    const made = this.#parts.topology.declare(model, [declaration]).finally(() => this.#making.delete(queue));
    this.#making.set(queue, made);
    return made;
  }

  #arrived({ headers }: Received): void {
    const seconds = delayedBySeconds(headers, this.#parts.clock());
    if (seconds !== undefined) this.#parts.report.delayedBy(seconds);
  }
}
