import { Ongoing } from "../../async/ongoing.ts";
import { Slots } from "../../async/slots.ts";
import type { Received } from "../../domain/queue/message.ts";
import { memberCount } from "../../domain/queue/pack.ts";
import type { Consumer, Consumers, MessageHandler } from "../../ports/broker/consumer.ts";
import type { PackMeans } from "./unpacking.ts";
import { unpacking } from "./unpacking.ts";

/** How much one message weighs in the average of members. */
const WEIGHT = 1 / 16;

export interface PackConsumerOptions extends PackMeans {
  readonly broker: Consumers;
  readonly queue: string;
  /** How many deliveries are handled at once. */
  readonly limit: number;
  readonly handler: MessageHandler;
}

/**
 * Consumes a queue whose messages may be packs. It handles as many deliveries at once as its limit says, and holds about
 * twice as many, so that there is always a next one. How many messages that is depends on how many members the last ones
 * had. RabbitMQ cannot change how many messages a consumer holds: one that holds far too many or too few is replaced.
 */
export class PackConsumer implements Consumer {
  readonly #options: PackConsumerOptions;
  readonly #handler: MessageHandler;
  readonly #slots: Slots;
  readonly #changes = new Ongoing();
  #current: Consumer | undefined;
  /** How many messages the current one holds. */
  #held: number;
  #membersEach = 1;
  #wanted: "running" | "paused" | "stopped" = "running";
  /** Whether what has not begun is left to the queue. */
  #isLeaving = false;
  #isChanging = false;

  constructor(options: PackConsumerOptions) {
    const { limit, handler } = options;
    this.#options = options;
    this.#held = limit;
    this.#slots = new Slots(() => limit);
    const isStopping = (): boolean => this.#isLeaving;
    const handle = unpacking({ ...options, handle: handler, slots: this.#slots, isStopping });
    this.#handler = (message, lost) => {
      this.#measure(message);
      return handle(message, lost);
    };
  }

  /** Resolves when the queue is consumed. @throws as `Consumers.consume` does. */
  async start(): Promise<void> {
    this.#current = await this.#consume(this.#held);
  }

  async pause(): Promise<void> {
    if (this.#wanted === "running") this.#wanted = "paused";
    await this.#current?.pause();
  }

  async resume(): Promise<void> {
    if (this.#wanted === "paused") this.#wanted = "running";
    await this.#current?.resume();
  }

  /** Takes no more first: what goes back to the queue would come to this consumer again. */
  async stop(): Promise<void> {
    this.#wanted = "stopped";
    await this.#current?.pause();
    this.#isLeaving = true;
    this.#slots.dismiss();
    await this.#current?.stop();
    await this.#changes.ended();
  }

  #consume(messages: number): Promise<Consumer> {
    const { broker, queue } = this.#options;
    return broker.consume(queue, messages, this.#handler);
  }

  #measure(message: Received): void {
    this.#membersEach += (memberCount(message) - this.#membersEach) * WEIGHT;
    const { limit } = this.#options;
    const wanted = Math.min(limit, Math.max(2, Math.ceil((2 * limit) / this.#membersEach)));
    if (this.#held > 2 * wanted || this.#held < wanted / 2) void this.#replace(wanted);
  }

  /** Never rejects. */
  async #replace(messages: number): Promise<void> {
    if (this.#isChanging || this.#wanted !== "running") return;
    this.#isChanging = true;
    this.#changes.begin();
    try {
      const next = await this.#consume(messages);
      const former = this.#current;
      this.#current = next;
      this.#held = messages;
      await this.#follow(next);
      await former?.stop();
    } catch {
      // The former one goes on. It is tried again when that many members have come once more.
      this.#membersEach = (2 * this.#options.limit) / this.#held;
    } finally {
      this.#isChanging = false;
      this.#changes.end();
    }
  }

  /** What was wanted of the former consumer while the next one began. */
  async #follow(next: Consumer): Promise<void> {
    if (this.#wanted === "paused") await next.pause();
    if (this.#wanted === "stopped") await next.stop();
  }
}
