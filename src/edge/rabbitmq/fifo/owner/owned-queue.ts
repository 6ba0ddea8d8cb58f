import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { Changes } from "../../../../async/changes.ts";
import { closeChannel, openChannel } from "../../connection/channels.ts";
import { answerTo } from "../../connection/rpc.ts";
import { SupervisedChannel } from "../../connection/supervised-channel.ts";
import { GroupBook, UNTIL_SETTLED_MS } from "../book/group-book.ts";
import type { MessageReceive } from "../book/message-leases.ts";
import type { OwnedQueueOptions } from "./owned-queue-options.ts";
import { QueueReading } from "./queue-reading.ts";
import { standInLine } from "./stand-in-line.ts";
import type { WindowMessage } from "./window.ts";
import { acknowledge } from "./window.ts";
import { WindowLimit } from "./window-limit.ts";

/** How long a receive waits for what is ready and on its way to the owner. */
const ARRIVAL_MS = 5_000;

/**
 * A router's place in the line of those that may own a FIFO queue. RabbitMQ serves one of them, the owner, which holds the
 * first messages of the queue, unacked, and knows their groups, locks and times:
 *
 * - `waiting`: another router owns it, or the queue has been empty since this one came.
 * - `adopting`: a message has come. The log of deletes is read to its end, and the leases of the former owner are heard.
 * - `owning`: messages are handed out.
 *
 * A channel that closes begins again with `waiting`, and with an empty book; what it held comes again, in its order, at the next
 * owner. A router that was frozen does not know yet that its channel has closed: `mustOwn` asks before anything is answered.
 */
export class OwnedQueue {
  readonly #options: OwnedQueueOptions;
  readonly #channel: SupervisedChannel<Channel>;
  readonly #changes = new Changes();
  readonly #limit = new WindowLimit();
  #book = new GroupBook<WindowMessage>();
  #reading: QueueReading | undefined;
  /** What has come and is not in the book. */
  #arrived: ConsumeMessage[] = [];
  #arrivedBytes = 0;
  #state: "waiting" | "adopting" | "owning" = "waiting";
  #timer: NodeJS.Timeout | undefined;
  /** What messages come over; undefined while it is given up, to begin again with another number of messages. */
  #source: Channel | undefined;

  constructor(options: OwnedQueueOptions) {
    this.#options = options;
    this.#channel = new SupervisedChannel(options.connection, (model) => this.#open(model));
  }

  get book(): GroupBook<WindowMessage> {
    return this.#book;
  }

  get isOwner(): boolean {
    return this.#state === "owning" && this.#channel.current !== undefined && this.#source !== undefined;
  }

  /** Whether messages have come to this router, whether it hands them out yet or not. */
  get isComing(): boolean {
    return this.#state !== "waiting" && this.#channel.current !== undefined;
  }

  /** Whether it may hold fewer messages. */
  get canNarrow(): boolean {
    return this.#limit.canNarrow && this.#source !== undefined;
  }

  /** Begins again, with fewer messages. */
  narrow(): void {
    this.#limit.narrow(this.#book.size + this.#arrived.length, this.#options.clock());
    this.#beginAgain();
  }

  start(): Promise<void> {
    return this.#channel.start();
  }

  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#channel.end();
    this.#source = undefined;
    this.touch();
  }

  /** Resolves when something has changed, or after so long. */
  change(waitMs: number): Promise<void> {
    return this.#changes.next(waitMs);
  }

  /** Resolves when a receive would find something, or after so long. */
  async available(waitMs: number): Promise<void> {
    const untilMs = performance.now() + waitMs;
    while (!this.#book.isAvailable) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || !this.isOwner) return;
      await this.change(leftMs);
    }
  }

  /** Deletes what was sent before. */
  clear(sentBeforeMs: number): void {
    if (this.#state !== "owning") return;
    for (const message of [...this.#book.all()]) if (message.sentAtMs < sentBeforeMs) this.done(message);
    this.#reading?.clear(sentBeforeMs);
    this.touch();
  }

  /** To be called when the book was changed. */
  touch(): void {
    clearTimeout(this.#timer);
    const nowMs = this.#options.clock();
    // What this router does not own any more is made visible by the next owner.
    const dueAtMs = this.isOwner ? this.#book.nextDueAtMs() : undefined;
    if (dueAtMs !== undefined) {
      this.#timer = setTimeout(() => this.release(), Math.max(1, Math.min(dueAtMs - nowMs, 60_000)));
      this.#timer.unref();
    }
    this.#count();
    this.#changes.tell();
    if (this.isOwner && this.#book.size === 0 && this.#limit.widen(nowMs)) this.#beginAgain();
  }

  /** Makes visible what is due. */
  release(): void {
    if (!this.isOwner) return;
    const due = this.#book.release(this.#options.clock());
    const received = due.filter(({ receives }) => receives > 0).length;
    if (received > 0) this.#options.visibleAgain(received);
    this.touch();
  }

  /** Resolves when what was ready has come, or the window is full. @returns what is ready; undefined where that is not known */
  async arrival(): Promise<number | undefined> {
    const untilMs = performance.now() + ARRIVAL_MS;
    for (;;) {
      const ready = await this.ready();
      if (ready === undefined || ready === 0 || this.#book.size >= this.#limit.messages) return ready;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return ready;
      await this.change(Math.min(leftMs, 20));
    }
  }

  /** How many messages are not in the window, by a request behind everything that was sent over the channel. */
  async ready(): Promise<number | undefined> {
    const channel = this.#channel.current;
    if (channel === undefined) return undefined;
    const asked = await answerTo("a passive declare", channel.checkQueue(this.#options.queue)).catch(() => undefined);
    return asked?.messageCount;
  }

  /** Asks RabbitMQ. @throws Error when another router may own by now what this book has. */
  async mustOwn(book: GroupBook<WindowMessage>): Promise<void> {
    if ((await this.ready()) === undefined || this.#book !== book || !this.isOwner)
      throw new Error(`FIFO queue "${this.#options.queue}" is another router's by now`);
  }

  /** The message is deleted, or somewhere else. It has gone from a book that this router no longer has. */
  done(message: WindowMessage): void {
    if (this.#book.remove(message)) acknowledge(message);
  }

  /** Nobody has got the message in this receive of it. */
  returned({ key, receives, session }: MessageReceive): void {
    const message = this.#book.find(key);
    if (message?.receives !== receives || message.session !== session) return;
    if (message.visibleAtMs !== UNTIL_SETTLED_MS) this.#book.hide(message, undefined);
    this.touch();
  }

  /** The log says that the message with this key is deleted. @param isNamed whether also by which key it counts as sent. */
  deleted(key: string, isNamed: boolean): void {
    const message = this.#book.find(key);
    if (message === undefined || !this.#book.remove(message)) return;
    (isNamed ? acknowledge : this.#options.deletedUnnamed)(message);
    this.touch();
  }

  async #open(model: ChannelModel): Promise<Channel> {
    const { queue } = this.#options;
    this.#book = new GroupBook();
    [this.#arrived, this.#arrivedBytes, this.#state] = [[], 0, "waiting"];
    this.#count();
    const channel = await openChannel(model);
    if (!this.#options.isWanted()) {
      void closeChannel(channel);
      this.#options.unwanted();
      throw new Error(`there is no FIFO queue "${queue}" in the configuration`);
    }
    this.#source = channel;
    try {
      await standInLine(channel, queue, this.#limit.messages, (raw) => this.#arrive(channel, raw));
      return channel;
    } catch (error) {
      // Whatever RabbitMQ answers later: it would serve a consumer that nobody listens to, and no other.
      this.#options.fault(`RabbitMQ does not let FIFO queue "${queue}" be received from`, error);
      void closeChannel(channel);
      throw error;
    }
  }

  #arrive(channel: Channel, raw: ConsumeMessage | null): void {
    // The queue was deleted: a new channel makes it again.
    if (raw === null) return void channel.close().catch(() => undefined);
    if (channel !== this.#source) return;
    this.#arrived.push(raw);
    this.#arrivedBytes += raw.content.length;
    if (this.#state === "owning") return this.#read();
    this.#count();
    if (this.#state !== "waiting") return;
    this.#state = "adopting";
    void this.#adopt(channel);
  }

  async #adopt(channel: Channel): Promise<void> {
    const { queue, caughtUp, fault } = this.#options;
    try {
      await caughtUp(() => this.#arrived);
    } catch (error) {
      fault(`FIFO queue "${queue}" has no owner: this router does not hear the others`, error);
      void closeChannel(channel);
      return;
    }
    if (this.#channel.current !== channel || this.#source !== channel) return;
    this.#reading = new QueueReading(this.#options, channel);
    this.#state = "owning";
    this.#read();
    this.#options.owned();
  }

  #read(): void {
    for (const raw of this.#arrived.splice(0)) {
      const message = this.#reading?.read(raw, this.#book);
      if (message !== undefined) this.#book.add(message);
    }
    this.#arrivedBytes = 0;
    this.touch();
  }

  #count(): void {
    this.#options.budget.set(this, this.#source === undefined ? 0 : this.#book.bytes + this.#arrivedBytes);
  }

  /** What is here is the next owner's, which may be this router. */
  #beginAgain(): void {
    const channel = this.#source;
    this.#source = undefined;
    this.#count();
    if (channel !== undefined) void closeChannel(channel);
  }
}
