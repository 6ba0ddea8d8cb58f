import type { ConsumeMessage, GetMessage } from "amqplib";
import { randomUUID } from "node:crypto";
import { WaitingLine } from "../../../../async/waiting-line.ts";
import { NotConnectedError } from "../../connection/connection.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import { replyCode } from "../../connection/channels.ts";
import { answerTo } from "../../connection/rpc.ts";
import type { FirstGets, FirstGot } from "./first-gets.ts";
import { HoldChannel } from "./hold-channel.ts";
import { takeReady } from "./take-ready.ts";

/** Channels that get, or take what is ready. One gets 600 messages a second, forty get 4,700, and beyond 32 little is gained. */
const GETS_AT_ONCE = 32;
/** Of 2,047 that a connection has. */
const CHANNELS_MAX = 132;

/** How many messages one router holds at most: those of 100 full channels, and some room to get more. */
export const HOLDS_MAX = 100_000;

/** A message that came over a channel and is not settled. */
export interface Arrived {
  readonly channel: HoldChannel;
  readonly raw: GetMessage | ConsumeMessage;
}

/** The channels that messages are received over. Any queue's messages come over any of them. */
export class HoldChannels {
  readonly #connection: Pick<RecoveringConnection, "channel">;
  readonly #first: FirstGets;
  readonly #lost: (channel: HoldChannel) => void;
  readonly #line = new WaitingLine<HoldChannel | "open">(() => this.#pick());
  /** Those that are free for a get. A full one is not among them. */
  readonly #idle = new Set<HoldChannel>();
  readonly #busy = new Set<HoldChannel>();
  #count = 0;
  #opening = 0;

  /** @param lost is called when a channel has closed: what it held is back in its queue. */
  constructor(
    connection: Pick<RecoveringConnection, "channel">,
    first: FirstGets,
    lost: (channel: HoldChannel) => void,
  ) {
    this.#connection = connection;
    this.#first = first;
    this.#lost = lost;
  }

  /**
   * The next message of a queue; undefined when none is ready.
   *
   * @throws QueueRefusedError for a queue of a kind that has no gets; Error when it cannot be read now.
   */
  async get(queue: string): Promise<Arrived | undefined> {
    const first = await this.#first.get(queue);
    if (first !== undefined) return this.#firstArrived(first);
    const channel = await this.#take();
    let getting: Promise<GetMessage | false> | undefined;
    try {
      getting = channel.channel.get(queue);
      const raw = await answerTo(`receiving from queue "${queue}"`, getting);
      return raw === false ? undefined : this.#arrived(channel, raw);
    } catch (error) {
      // Its answer may come yet, with a message that nobody waits for.
      getting?.then((raw) => raw !== false && this.#giveBack(channel, raw)).catch(() => undefined);
      if (replyCode(error) !== undefined) this.#first.forget(queue);
      throw error;
    } finally {
      this.#release(channel);
    }
  }

  /**
   * Up to `count` of the messages that a queue has ready, quicker than by as many gets.
   *
   * @throws QueueRefusedError for a queue of a kind that has no gets; Error when it cannot be read now.
   */
  async getMany(queue: string, count: number): Promise<readonly Arrived[]> {
    const first = await this.#first.get(queue);
    if (first !== undefined) return [this.#firstArrived(first) ?? []].flat();
    const channel = await this.#take();
    const arrived: Arrived[] = [];
    let isOver = false;
    const onMessage = (raw: ConsumeMessage): void => {
      const each = this.#arrived(channel, raw);
      if (isOver) each?.channel.nack(raw.fields.deliveryTag);
      else if (each !== undefined) arrived.push(each);
    };
    try {
      await takeReady(channel, queue, count, onMessage);
      return arrived;
    } catch (error) {
      // RabbitMQ may not have heard that it is over.
      arrived.forEach(({ raw }) => channel.nack(raw.fields.deliveryTag));
      if (replyCode(error) !== undefined) this.#first.forget(queue);
      throw error;
    } finally {
      isOver = true;
      this.#release(channel);
    }
  }

  /**
   * Consumes a queue with a prefetch of 1 until the first message. `arrived` is called once: with the message, or
   * with undefined when the subscription is lost.
   *
   * @returns ends the subscription. A message may cross the end on its way.
   */
  async subscribe(queue: string, arrived: (message: Arrived | undefined) => void): Promise<() => Promise<void>> {
    const channel = await this.#take();
    const consumerTag = randomUUID();
    const lost = (): void => arrived(undefined);
    const end = async (): Promise<void> => {
      channel.channel.removeListener("close", lost);
      await answerTo(`cancelling queue "${queue}"`, channel.channel.cancel(consumerTag)).catch(() => undefined);
    };
    const onMessage = (raw: ConsumeMessage | null): void => {
      if (raw !== null) void end(); // before its ack, or the next one would come
      arrived(raw === null ? undefined : this.#arrived(channel, raw));
    };
    channel.channel.once("close", lost);
    let consuming: Promise<unknown> | undefined;
    try {
      consuming = channel.channel.consume(queue, onMessage, { consumerTag });
      await answerTo(`consuming queue "${queue}"`, consuming);
      return end;
    } catch (error) {
      channel.channel.removeListener("close", lost);
      consuming?.then(end).catch(() => undefined);
      throw error;
    } finally {
      this.#release(channel);
    }
  }

  #giveBack(channel: HoldChannel, raw: GetMessage): void {
    this.#arrived(channel, raw)?.channel.nack(raw.fields.deliveryTag);
  }

  /** A message over a connection of its own, which ends when the message is settled. */
  #firstArrived({ channel, raw }: FirstGot): Arrived | undefined {
    if (raw === undefined) return undefined;
    channel.channel.once("close", () => this.#lost(channel));
    return this.#arrived(channel, raw);
  }

  /** A message and the loss of its channel may come in one read: then it is back already. */
  #arrived(channel: HoldChannel, raw: GetMessage | ConsumeMessage): Arrived | undefined {
    if (!channel.isOpen) return undefined;
    channel.hold();
    return { channel, raw };
  }

  async #take(): Promise<HoldChannel> {
    const taken = await this.#line.take();
    if (taken === undefined) throw new NotConnectedError();
    if (taken !== "open") return taken;
    try {
      const channel = await this.#open();
      this.#busy.add(channel);
      return channel;
    } finally {
      this.#opening -= 1;
      this.#line.serve();
    }
  }

  #pick(): HoldChannel | "open" | undefined {
    const [idle] = this.#idle;
    if (idle !== undefined) {
      this.#idle.delete(idle);
      this.#busy.add(idle);
      return idle;
    }
    if (this.#busy.size + this.#opening >= GETS_AT_ONCE || this.#count + this.#opening >= CHANNELS_MAX)
      return undefined;
    this.#opening += 1;
    return "open";
  }

  async #open(): Promise<HoldChannel> {
    const raw = await this.#connection.channel();
    const channel: HoldChannel = new HoldChannel(raw, () => this.#free(channel));
    this.#count += 1;
    raw.setMaxListeners(0); // one for each subscription
    raw.once("close", () => {
      this.#count -= 1;
      this.#idle.delete(channel);
      this.#busy.delete(channel);
      this.#lost(channel);
      this.#line.serve();
    });
    await answerTo("setting the prefetch", raw.prefetch(1));
    return channel;
  }

  #release(channel: HoldChannel): void {
    this.#busy.delete(channel);
    this.#free(channel);
  }

  /** A get has ended, or a channel that may be full holds less. */
  #free(channel: HoldChannel): void {
    if (channel.isOpen && !channel.isFull && !this.#busy.has(channel)) this.#idle.add(channel);
    this.#line.serve();
  }
}
