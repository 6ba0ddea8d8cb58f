import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { sleep } from "../../../async/sleep.ts";
import type { Consumer } from "../../../ports/consumer.ts";
import { handBackMs } from "../../../ports/consumer.ts";
import type { Received } from "../../../domain/queue/message.ts";
import { Ongoing } from "../../../async/ongoing.ts";
import { Acks } from "./acks.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import { closeChannel, openChannel, replyCode } from "../connection/channels.ts";
import { received } from "../publishing/message.ts";
import { SupervisedChannel } from "../connection/supervised-channel.ts";
import { answerTo } from "../connection/rpc.ts";
import { attemptKey } from "../../../domain/delivery/delivery-message.ts";

/** How many failing messages a consumer remembers, to wait longer each time. */
const FAILING_MESSAGES_MAX = 1_000;

export interface ConsumerOptions {
  readonly queue: string;
  /** Messages in flight at once, 1 to 65,535. */
  readonly limit: number;
  /** The queue serves one of its consumers at a time, and the next one as soon as this one cancels, whatever this one still holds. */
  readonly alone: boolean;
  /**
   * Resolves: ack. Rejects: back to the queue after a pause, unless it is the reason of `lost`, which fires when the
   * channel has gone. The routing key is the one that the message was published with.
   */
  readonly handler: (message: Received, lost: AbortSignal, routingKey: string) => Promise<void>;
  /** Makes the queue again, if it is one that we know: it was deleted under us. */
  readonly declareAgain: () => Promise<void>;
  /** Told of each message that is handed out for the first time. */
  readonly arrived: (message: Received) => void;
  /** Told when the broker begins to refuse the subscription. */
  readonly refused: (error: unknown) => void;
}

/** One subscription on its own channel, renewed whenever the broker, the network or an operator ends it. */
export class QueueConsumer implements Consumer {
  readonly #options: ConsumerOptions;
  readonly #channel: SupervisedChannel<Channel>;
  readonly #inFlight = new Ongoing();
  /** The handlers that run, without the settling that follows. */
  readonly #handlers = new Ongoing();
  readonly #waitingForSlot: (() => void)[] = [];
  /**
   * Every message at hand, by its key. A connection that was lost brings them all once more while they are still being
   * handled: the first handling then counts for both, or each loss would add a copy, and a suspect of an innocent.
   */
  readonly #begun = new Map<string, Promise<boolean>>();
  /** How often each message failed in a row. */
  readonly #setbacks = new Map<string, number>();
  readonly #stopping = new AbortController();
  #handling = 0;
  /** While a consumer that is alone hands over to the next one, nothing is acked: that would only bring more. */
  #handover: Promise<undefined> | undefined;
  /** From the last handler's end until the queue is cancelled no handler may begin. */
  #begins = true;
  #wanted: "running" | "paused" | "stopped" = "running";
  #consumerTag: string | undefined;
  /** Fires when the channel of the moment goes, or a subscription that is alone, with all that came over it. */
  #lost = new AbortController();
  /** Of the channel of the moment. */
  #acks: Acks | undefined;
  #refused = false;
  /** One change of the subscription at a time, in the order asked for. */
  #turn: Promise<void> = Promise.resolve();

  constructor(connection: RecoveringConnection, options: ConsumerOptions) {
    this.#options = options;
    this.#channel = new SupervisedChannel(
      connection,
      (model) => this.#open(model),
      () => this.#settleSubscription(),
    );
  }

  start(): Promise<void> {
    return this.#channel.start();
  }

  pause(): Promise<void> {
    if (this.#wanted === "running") this.#wanted = "paused";
    const settled = this.#settleSubscription();
    // One that is alone first finishes what it has, which nobody waits for; it takes no more than its limit meanwhile.
    return this.#options.alone ? Promise.resolve() : settled;
  }

  resume(): Promise<void> {
    if (this.#wanted === "paused") this.#wanted = "running";
    return this.#settleSubscription();
  }

  /** Cancel, wait for what is in flight, close: in any other order what is unacked would count as crashed. */
  async stop(): Promise<void> {
    this.#wanted = "stopped";
    await this.#settleSubscription();
    this.#stopping.abort();
    while (this.#inFlight.any) await this.#inFlight.ended();
    this.#acks?.flush();
    await this.#channel.end();
  }

  async #open(model: ChannelModel): Promise<Channel> {
    const channel = await openChannel(model);
    this.#consumerTag = undefined;
    this.#acks = undefined;
    channel.once("close", () => {
      // One that could not be used and goes later, when another is in use, brought nothing.
      if (this.#channel.current === undefined) this.#lose();
    });
    // Per consumer and not per channel: RabbitMQ 3.10 drops the connection over the latter on a quorum queue.
    await answerTo("setting the prefetch", channel.prefetch(this.#options.limit));
    return channel;
  }

  /** Subscribes or cancels, as wanted by then. Without a channel there is nothing to do: the next one comes here when it is open. */
  #settleSubscription(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      const channel = this.#channel.current;
      if (channel === undefined || (this.#wanted === "running") === (this.#consumerTag !== undefined)) return;
      try {
        await (this.#consumerTag === undefined ? this.#subscribe(channel) : this.#cancel(channel, this.#consumerTag));
        this.#refused = false;
      } catch (error) {
        await this.#failed(channel, error);
      }
    });
    return this.#turn;
  }

  async #subscribe(channel: Channel): Promise<void> {
    const { queue } = this.#options;
    const lost = this.#lost.signal;
    const acks = (this.#acks ??= new Acks(channel));
    const onMessage = (message: ConsumeMessage | null): void => {
      if (message === null) void this.#cancelledByBroker(channel);
      else void this.#handle(acks, message, lost);
    };
    const consuming = channel.consume(queue, onMessage);
    this.#consumerTag = (await answerTo(`consuming queue "${queue}"`, consuming)).consumerTag;
  }

  async #cancel(channel: Channel, consumerTag: string): Promise<void> {
    const { alone, queue } = this.#options;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    try {
      if (alone) await this.#finishHandlers(channel, promise);
      await answerTo(`cancelling queue "${queue}"`, channel.cancel(consumerTag));
      this.#consumerTag = undefined;
    } finally {
      this.#begins = true;
      this.#handover = undefined;
      resolve(undefined);
    }
  }

  /** Resolves when no handler runs, and none will until the hand-over is done; or when the channel has gone. */
  async #finishHandlers(channel: Channel, handover: Promise<undefined>): Promise<void> {
    this.#handover = handover;
    const closed = new Promise((resolve) => channel.once("close", resolve));
    while (this.#handlers.any && this.#channel.current === channel) {
      await Promise.race([closed, this.#handlers.ended()]);
    }
    this.#begins = false;
  }

  /**
   * The queue was deleted, or a message was held for too long. The channel stays open, the subscription is gone. The
   * next one of the queue may be another router's: one that is alone begins nothing more of what this one brought.
   */
  async #cancelledByBroker(channel: Channel): Promise<void> {
    this.#consumerTag = undefined;
    if (this.#options.alone) this.#lose();
    await this.#options.declareAgain().catch(() => undefined);
    if (this.#channel.current === channel) await this.#settleSubscription();
  }

  /** Whatever it was, a new channel begins from the start. */
  async #failed(channel: Channel, error: unknown): Promise<void> {
    if (replyCode(error) !== undefined && !this.#refused) this.#options.refused(error);
    this.#refused ||= replyCode(error) !== undefined;
    if (replyCode(error) === 404) await this.#options.declareAgain().catch(() => undefined);
    await closeChannel(channel);
  }

  /** Never rejects. */
  async #handle(acks: Acks, raw: ConsumeMessage, lost: AbortSignal): Promise<void> {
    this.#inFlight.begin();
    acks.hold(raw);
    const message = received(this.#options.queue, raw);
    const key = attemptKey(message);
    const begun = raw.fields.redelivered && message.id !== "" ? this.#begun.get(key) : undefined;
    const handling = begun ?? this.#begin(message, raw, lost);
    this.#begun.set(key, handling);
    const done = await handling;
    if (this.#begun.get(key) === handling) this.#begun.delete(key);
    if (this.#handover !== undefined) await this.#handover;
    if (done) acks.ack(raw);
    else acks.nack(raw);
    if (begun === undefined) this.#freeSlot();
    this.#inFlight.end();
  }

  /** Resolves with whether the message was dealt with. */
  async #begin(message: Received, { fields }: ConsumeMessage, lost: AbortSignal): Promise<boolean> {
    if (this.#handling < this.#options.limit) this.#handling += 1;
    else await this.#waitForSlot();
    if (!fields.redelivered) this.#options.arrived(message);
    if (!this.#begins || lost.aborted) return false;
    this.#handlers.begin();
    try {
      await this.#options.handler(message, lost, fields.routingKey);
      this.#setbacks.delete(message.id);
      return true;
    } catch (error) {
      // Nothing has failed, and the same message may be on its way to this consumer again.
      if (error === lost.reason) return false;
    } finally {
      this.#handlers.end();
    }
    await sleep(handBackMs(this.#countSetback(message.id)), this.#stopping.signal);
    return false;
  }

  #countSetback(id: string): number {
    const count = (this.#setbacks.get(id) ?? 0) + 1;
    this.#setbacks.delete(id);
    this.#setbacks.set(id, count);
    const [oldest] = this.#setbacks.keys();
    if (oldest !== undefined && this.#setbacks.size > FAILING_MESSAGES_MAX) this.#setbacks.delete(oldest);
    return count;
  }

  /** The prefetch holds for each subscription. One that follows a pause may begin while the one before still has messages in flight. */
  #waitForSlot(): Promise<void> {
    return new Promise((resolve) => this.#waitingForSlot.push(resolve));
  }

  /** What waits finds in its slot that it is lost, and leaves it. The next subscription has not begun yet. */
  #lose(): void {
    this.#lost.abort();
    this.#lost = new AbortController();
    this.#handling += this.#waitingForSlot.length;
    for (const next of this.#waitingForSlot.splice(0)) next();
  }

  #freeSlot(): void {
    const next = this.#waitingForSlot.shift();
    if (next === undefined) this.#handling -= 1;
    else next();
  }
}
