import type { QueueDeclaration } from "../../domain/queue/declaration.ts";
import type { Message, Received } from "../../domain/queue/message.ts";
import { declarationOf } from "../../domain/queue/queues.ts";
import { alone, membersOf } from "../../domain/queue/pack.ts";
import type { ArchiveStreams } from "../../ports/broker/archive.ts";
import type { Broker, BrokerState } from "../../ports/broker/broker.ts";
import type { Consumer, MessageHandler } from "../../ports/broker/consumer.ts";
import type { FifoQueues } from "../../ports/broker/fifo-queues.ts";
import type { QueueHolds } from "../../ports/broker/holds.ts";
import type { Browsing, Depth } from "../../ports/broker/inspector.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import type { StreamReader } from "../../ports/broker/streams.ts";
import type { Taken } from "../../ports/broker/taker.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import type { Storing } from "../store/until-confirmed.ts";
import { storeUnlessRefused, storeUntilConfirmed } from "../store/until-confirmed.ts";
import type { GatherOptions } from "./gather.ts";
import { gather } from "./gather.ts";
import { browsingMembers } from "./pack-browsing.ts";
import { PackConsumer } from "./pack-consumer.ts";
import { KnownPacks } from "./known-packs.ts";

/** How long a browse that ends waits for a broker that does not store, counted in the waits between two tries. */
const END_WAIT_MS = 30_000;

export interface PackingOptions extends GatherOptions {
  /** Called with the queue and the number of members of each pack that is stored. */
  readonly onPacked: (queue: string, members: number) => void;
  readonly inFlight: InFlightBytes;
  /** A clock that nobody sets, in milliseconds from any moment. */
  readonly steadyMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Fires at the very end of a stop: what could not be stored is left to the broker. */
  readonly leave: AbortSignal;
  /** Called each time that the broker does not store messages of a pack alone, with the first of them. */
  readonly onStoreDelayed: (message: Message, error: unknown) => void;
}

/**
 * A broker on which messages that are published together to one queue travel as one, a pack
 * (docs/adr/0048-what-is-put-together-travels-together.md). Nobody above it meets a pack.
 */
export class PackingBroker implements Broker {
  readonly #broker: Broker;
  readonly #options: PackingOptions;
  readonly #packs = new KnownPacks();

  constructor(broker: Broker, options: PackingOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  get state(): BrokerState {
    return this.#broker.state;
  }

  get address(): string | undefined {
    return this.#broker.address;
  }

  get archives(): ArchiveStreams {
    return this.#broker.archives;
  }

  /** Users' queues have no packs. */
  get holds(): QueueHolds {
    return this.#broker.holds;
  }

  /** Nor have their streams. */
  get streams(): StreamReader {
    return this.#broker.streams;
  }

  get fifo(): FifoQueues {
    return this.#broker.fifo;
  }

  declare(queues: readonly QueueDeclaration[]): Promise<void> {
    return this.#broker.declare(queues);
  }

  forget(queue: string): void {
    this.#broker.forget(queue);
  }

  remove(queue: string): Promise<void> {
    return this.#broker.remove(queue);
  }

  /** A pack that is not confirmed fails for each of its members. What is delayed travels alone. */
  async publish(messages: readonly Message[], options?: { readonly delayMs?: number }): Promise<void> {
    if (messages.length === 1 || (options?.delayMs ?? 0) > 0) return await this.#broker.publish(messages, options);
    const parcels = gather(messages, this.#options);
    try {
      await this.#broker.publish(parcels.map(({ message }) => message));
      for (const { message, indexes } of parcels)
        if (indexes.length > 1) this.#options.onPacked(message.queue, indexes.length);
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      throw new PublishError(
        error.failures.flatMap(({ index: parcel, reason }) =>
          (parcels[parcel]?.indexes ?? []).map((index) => ({ index, reason })),
        ),
        { cause: error },
      );
    }
  }

  async consume(queue: string, limit: number, handler: MessageHandler): Promise<Consumer> {
    // It has no packs, and what is taken apart would lose its place.
    if (declarationOf(queue).keepsOrder === true) return await this.#broker.consume(queue, limit, handler);
    const { inFlight, steadyMs } = this.#options;
    const consumer = new PackConsumer({
      broker: this.#broker,
      queue,
      limit,
      handler,
      packs: this.#packs,
      inFlight,
      store: (message) => this.#store([message]),
      steadyMs,
    });
    await consumer.start();
    return consumer;
  }

  /** Held until they are stored: a broker that cannot store now would count the return of their pack as a crash. */
  async #store(messages: readonly Message[]): Promise<void> {
    await storeUntilConfirmed(this.#storing(messages), { broker: this.#broker, sleep: this.#options.sleep });
  }

  /** The same for a browse that ends, whose caller waits: it gives up in the end. */
  async #storeForAWhile(messages: readonly Message[]): Promise<void> {
    const deps = { broker: this.#broker, sleep: this.#options.sleep };
    const unconfirmed = await storeUnlessRefused(this.#storing(messages), { afterMs: END_WAIT_MS }, deps);
    if (unconfirmed.length === 0) return;
    throw new Error(
      `the broker does not store ${unconfirmed.length} message(s): what was removed beside them came back`,
    );
  }

  #storing(messages: readonly Message[]): Storing {
    const { leave, onStoreDelayed } = this.#options;
    const [first] = messages;
    return { messages, leave, onDelay: (error) => first && onStoreDelayed(first, error) };
  }

  /**
   * A pack is taken apart: its members are stored alone, and the first of them is taken then. The pack is held until all
   * of them are stored, even when the signal has fired: given back, it would double those that are stored already.
   */
  async take(queue: string, signal: AbortSignal): Promise<Taken | undefined> {
    for (;;) {
      const taken = await this.#broker.take(queue, signal);
      const members = taken && membersOf(taken.message);
      if (taken === undefined || members === undefined) return taken;
      try {
        await this.#store(members.map(alone));
      } catch (error) {
        await taken.giveBack();
        throw error;
      }
      await taken.ack();
    }
  }

  depth(queue: string): Promise<Depth | undefined> {
    return this.#broker.depth(queue);
  }

  async peek(queue: string, limit: number): Promise<readonly Received[]> {
    const messages = await this.#broker.peek(queue, limit);
    return messages.flatMap((message) => membersOf(message) ?? message).slice(0, limit);
  }

  async browse(queue: string): Promise<Browsing> {
    return browsingMembers(await this.#broker.browse(queue), (messages) => this.#storeForAWhile(messages));
  }

  purge(queue: string): Promise<number> {
    return this.#broker.purge(queue);
  }

  append(record: Buffer): Promise<void> {
    return this.#broker.append(record);
  }

  follow(listener: (record: Buffer) => void): Promise<void> {
    return this.#broker.follow(listener);
  }

  broadcast(body: Buffer): Promise<void> {
    return this.#broker.broadcast(body);
  }

  onBroadcast(listener: (body: Buffer) => void): void {
    this.#broker.onBroadcast(listener);
  }

  send(address: string, body: Buffer): Promise<void> {
    return this.#broker.send(address, body);
  }

  close(): Promise<void> {
    return this.#broker.close();
  }
}
