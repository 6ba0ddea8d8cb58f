import type { Broker, BrokerEvents, BrokerState } from "../../ports/broker/broker.ts";
import type { Browsing, Depth } from "../../ports/broker/inspector.ts";
import type { Consumer, MessageHandler } from "../../ports/broker/consumer.ts";
import { isFifoQueue } from "../../domain/queue/fifo.ts";
import type { Message } from "../../domain/queue/message.ts";
import type { QueueDeclaration } from "../../domain/queue/declaration.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { Taken } from "../../ports/broker/taker.ts";
import { UNDELIVERABLE_QUEUE } from "../../domain/queue/queues.ts";
import { RabbitMqArchives } from "./archive/archive-streams.ts";
import { addressed, broadcast, BroadcastReceiver } from "./broadcast.ts";
import type { Server } from "./connection/server.ts";
import type { RecoveringConnection } from "./connection/connection.ts";
import type { ConsumerOptions } from "./consuming/consumer.ts";
import { QueueConsumer } from "./consuming/consumer.ts";
import { InOrderConsumer } from "./consuming/in-order-consumer.ts";
import { RabbitMqFifoQueues } from "./fifo/fifo-queues.ts";
import { RabbitMqHolds } from "./holds/holds.ts";
import type { MoveLimits } from "./holds/moved/held-queue.ts";
import type { RabbitMqControlLog } from "./log/control-log.ts";
import { delayedBySeconds } from "./topology/delay-ladder.ts";
import { depth, peek, purge, removeQueue } from "./inspecting/inspect.ts";
import { delayed, direct } from "./publishing/message.ts";
import type { RabbitMqPublisher } from "./publishing/publisher.ts";
import { RabbitMqStreams } from "./streams/stream-reading.ts";
import { RabbitMqTaker } from "./consuming/taker.ts";
import type { Topology } from "./topology/topology.ts";
import { storeWhenDue } from "./consuming/delayed-message.ts";

/** How many delayed messages a router stores at once. */
const DUE_AT_ONCE = 50;

/** What a broker on RabbitMQ is made of. */
export interface RabbitMqParts {
  readonly server: Server;
  readonly consuming: RecoveringConnection;
  readonly publishing: RecoveringConnection;
  readonly publisher: RabbitMqPublisher;
  readonly topology: Topology;
  readonly log: RabbitMqControlLog;
  readonly report: BrokerEvents;
  readonly clock: () => number;
  readonly limits: MoveLimits;
}

/** RabbitMQ behind the broker's ports: each call goes to the part that does it. */
export class RabbitMqBroker implements Broker {
  readonly archives: RabbitMqArchives;
  readonly holds: RabbitMqHolds;
  readonly streams: RabbitMqStreams;
  readonly fifo: RabbitMqFifoQueues;
  readonly #parts: RabbitMqParts;
  readonly #taker: RabbitMqTaker;
  readonly #routers: BroadcastReceiver;
  /** Of delayed messages that the ladder does not hand over itself. */
  readonly #due: QueueConsumer;
  readonly #closing = new AbortController();

  constructor(parts: RabbitMqParts) {
    const { consuming, publisher } = parts;
    this.#parts = parts;
    this.archives = new RabbitMqArchives(parts.server);
    this.streams = new RabbitMqStreams(parts.server, parts.clock);
    this.#routers = new BroadcastReceiver(consuming);
    const { server, topology, clock, report, limits } = parts;
    const publish = publisher.publish.bind(publisher);
    const address = (): string | undefined => this.#routers.address;
    const connection = consuming;
    const shared = { server, topology, clock, publish, address, events: report };
    this.fifo = new RabbitMqFifoQueues(shared);
    this.#routers.add((body) => this.fifo.hear(body));
    this.holds = new RabbitMqHolds({ ...shared, connection, limits }, () => this.fifo.inFlight());
    this.#routers.add((body) => this.holds.hear(body));
    this.#taker = new RabbitMqTaker({
      connection: consuming,
      declareAgain: (queue) => this.#declareAgain(queue),
      republish: (message) => publisher.publish([direct(message)]),
      arrived: (message) => this.#arrived(message),
    });
    const declareAgain = (queue: string): Promise<void> => this.#declareAgain(queue);
    const storing = { declareAgain, publish, events: report, clock, closing: this.#closing.signal };
    this.#due = this.#consumer(UNDELIVERABLE_QUEUE, DUE_AT_ONCE, (message, lost, routingKey) =>
      storeWhenDue(message, routingKey, lost, storing),
    );
  }

  async start(): Promise<void> {
    await this.#parts.publisher.start();
    await Promise.all([this.#routers.start(), this.#due.start(), this.holds.start()]);
  }

  get state(): BrokerState {
    return this.#parts.publisher.state;
  }

  /** Without a connection the queues are only remembered: they are made before anything is consumed again. */
  async declare(queues: readonly QueueDeclaration[]): Promise<void> {
    const { topology, consuming } = this.#parts;
    topology.remember(queues);
    if (queues.some(({ name }) => isFifoQueue(name))) this.fifo.begin();
    const { model } = consuming;
    if (model === undefined) return;
    try {
      await topology.declare(model, queues);
    } catch (error) {
      if (consuming.model === model) throw error;
    }
  }

  forget(queue: string): void {
    this.#parts.topology.forget(queue);
    this.fifo.forget(queue);
  }

  /** What is delayed is deleted when it is due, should the queue be made anew by then. */
  async remove(queue: string): Promise<void> {
    this.forget(queue);
    await (isFifoQueue(queue) ? this.fifo.drop(queue) : this.holds.drop(queue));
    await removeQueue(this.#parts.server, queue);
  }

  async publish(messages: readonly Message[], { delayMs = 0 }: { readonly delayMs?: number } = {}): Promise<void> {
    const { publisher, clock } = this.#parts;
    const nowMs = clock();
    await publisher.publish(
      messages.map((each) => {
        // A delayed message of a FIFO queue waits in its place.
        if (isFifoQueue(each.queue)) return direct(this.fifo.stamped(each, delayMs));
        const message = this.holds.stamped(each);
        return delayMs > 0 ? delayed(message, delayMs, nowMs) : direct(message);
      }),
    );
    if (delayMs === 0) return;
    for (const { queue } of messages) if (!isFifoQueue(queue)) this.holds.delayed(queue, delayMs);
  }

  async consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer> {
    await this.#mustExist(queue);
    const consumer =
      this.#parts.topology.find(queue)?.keepsOrder === true
        ? new InOrderConsumer(this.#parts.consuming, this.#consumerOptions(queue, limit, handler))
        : this.#consumer(queue, limit, handler);
    await consumer.start();
    return consumer;
  }

  async take(queue: string, signal: AbortSignal): Promise<Taken | undefined> {
    await this.#mustExist(queue);
    return await this.#taker.take(queue, AbortSignal.any([signal, this.#closing.signal]));
  }

  /** What the owner of a FIFO queue has in hand is ready too. */
  async depth(queue: string): Promise<Depth | undefined> {
    const found = await depth(this.#parts.consuming, queue);
    const counts = found !== undefined && isFifoQueue(queue) ? await this.fifo.counts(queue) : undefined;
    return found && counts ? { ...found, ready: counts.visible } : found;
  }

  peek(queue: string, limit: number): Promise<readonly Received[]> {
    return peek(this.#parts.server, queue, limit);
  }

  browse(queue: string): Promise<Browsing> {
    return this.holds.browse(queue);
  }

  purge(queue: string): Promise<number> {
    return isFifoQueue(queue) ? this.fifo.clear(queue) : purge(this.#parts.server, queue);
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

  /** The owners of consumers stop them before: what a consumer still holds goes back and counts as crashed. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#due.stop();
    await this.#taker.close();
    await this.holds.close();
    await this.fifo.close();
    await this.#routers.end();
    await this.#parts.log.close();
    await this.#parts.publisher.end();
    await Promise.all([this.#parts.consuming.close(), this.#parts.publishing.close()]);
    this.#parts.report.disconnected(undefined);
  }

  #consumer(queue: string, limit: number, handler: ConsumerOptions["handler"]): QueueConsumer {
    const singleActive = this.#parts.topology.find(queue)?.singleActiveConsumer ?? false;
    return new QueueConsumer(this.#parts.consuming, {
      ...this.#consumerOptions(queue, limit, handler),
      singleActive,
    });
  }

  #consumerOptions(
    queue: string,
    limit: number,
    handler: ConsumerOptions["handler"],
  ): Omit<ConsumerOptions, "singleActive"> {
    return {
      queue,
      limit,
      handler,
      declareAgain: () => this.#declareAgain(queue),
      arrived: (message) => this.#arrived(message),
      refused: (error) => this.#parts.report.fault(`RabbitMQ refuses a consumer of queue "${queue}"`, error),
    };
  }

  /** A queue that was never declared and is not there is a mistake. Any other comes back. */
  async #mustExist(queue: string): Promise<void> {
    if (this.#parts.topology.find(queue) !== undefined || (await this.depth(queue)) !== undefined) return;
    throw new Error(`there is no queue "${queue}"`);
  }

  #declareAgain(queue: string): Promise<void> {
    return this.#parts.topology.declareAgain(this.#parts.consuming.model, queue);
  }

  #arrived({ headers }: Received): void {
    const seconds = delayedBySeconds(headers, this.#parts.clock());
    if (seconds !== undefined) this.#parts.report.delayedBy(seconds);
  }
}
