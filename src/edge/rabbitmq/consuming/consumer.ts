import type { Channel, ConsumeMessage } from "amqplib";
import { Ongoing } from "../../../async/ongoing.ts";
import { sleep } from "../../../async/sleep.ts";
import { Slots } from "../../../async/slots.ts";
import { attemptKey } from "../../../domain/delivery/delivery-message.ts";
import type { Received } from "../../../domain/queue/message.ts";
import { handBackMs } from "../../../ports/broker/consumer.ts";
import type { Consumer } from "../../../ports/broker/consumer.ts";
import { closeChannel, openChannel, replyCode } from "../connection/channels.ts";
import type { Channels } from "../connection/channels.ts";
import { answerTo } from "../connection/rpc.ts";
import { SupervisedChannel } from "../connection/supervised-channel.ts";
import type { Connection } from "../connection/supervised-channel.ts";
import { received } from "../publishing/message.ts";
import { Acks } from "./acks.ts";
import { Handover } from "./handover.ts";
import { Redeliveries } from "./redeliveries.ts";
import { SetBacks } from "./set-backs.ts";

export interface ConsumerOptions {
  readonly queue: string;
  /** Messages in flight at once, 1 to 65,535. */
  readonly limit: number;
  /** RabbitMQ serves one consumer of the queue, and activates the next one at the cancel. */
  readonly singleActive: boolean;
  /**
   * Resolves: ack. Rejects: back to the queue after a pause, or at once with the reason of `lost`, which fires when the
   * message is this consumer's no more. The routing key is the one that the message was published with.
   */
  readonly handler: (message: Received, lost: AbortSignal, routingKey: string) => Promise<void>;
  /** Makes the queue again, if this router knows it: somebody deleted it. */
  readonly declareAgain: () => Promise<void>;
  /** Called with each message that is handed out for the first time. */
  readonly arrived: (message: Received) => void;
  /** Called when RabbitMQ begins to refuse the subscription. */
  readonly refused: (error: unknown) => void;
}

/** What became of a message. */
type Handling = "done" | "failed" | "not begun";

/** One channel, and what its messages need. */
interface Session {
  readonly channel: Channel;
  readonly acks: Acks;
  /** Fires when the messages that came so far are lost: with the channel, or with a single active subscription. */
  lost: AbortController;
}

/**
 * One subscription on its own channel, renewed whenever the broker, the network or an operator ends it.
 *
 * Three states decide what happens, each changed in one place:
 * - `#wanted`: what the caller wants; `pause`, `resume` and `stop` change it.
 * - `#consumerTag`: whether there is a subscription; `#settleSubscription` makes it what is wanted, one change at a time.
 * - `#handover`: whether handlers may begin and acks may leave while a single active consumer leaves its queue.
 */
export class QueueConsumer implements Consumer {
  readonly #options: ConsumerOptions;
  readonly #channel: SupervisedChannel<Channel>;
  /** Every message that came and is not settled. */
  readonly #inFlight = new Ongoing();
  /** The prefetch holds for one subscription: the next one may begin while messages of the last are in flight. */
  readonly #slots: Slots;
  readonly #redeliveries = new Redeliveries<Handling>();
  readonly #setBacks = new SetBacks();
  readonly #handover = new Handover();
  readonly #stopping = new AbortController();
  #wanted: "running" | "paused" | "stopped" = "running";
  #consumerTag: string | undefined;
  #session: Session | undefined;
  /** Whether RabbitMQ refused the subscription the last time, so that a refusal is reported once. */
  #refused = false;
  /** The change of the subscription that runs; the next one follows it. */
  #change: Promise<void> = Promise.resolve();

  constructor(connection: Connection, options: ConsumerOptions) {
    this.#options = options;
    this.#slots = new Slots(() => options.limit);
    this.#channel = new SupervisedChannel(
      connection,
      (channels) => this.#open(channels),
      (channel) => this.#opened(channel),
    );
  }

  start(): Promise<void> {
    return this.#channel.start();
  }

  pause(): Promise<void> {
    if (this.#wanted === "running") this.#wanted = "paused";
    const settled = this.#settleSubscription();
    // A single active consumer first finishes its handlers, and takes no more than its limit meanwhile. Nobody waits for that.
    return this.#options.singleActive ? Promise.resolve() : settled;
  }

  resume(): Promise<void> {
    if (this.#wanted === "paused") this.#wanted = "running";
    return this.#settleSubscription();
  }

  /** Cancels, waits for what is in flight, closes. In any other order the messages in flight would count as crashed. */
  async stop(): Promise<void> {
    this.#wanted = "stopped";
    await this.#settleSubscription();
    this.#stopping.abort();
    while (this.#inFlight.any) await this.#inFlight.ended();
    this.#session?.acks.flush();
    await this.#channel.end();
  }

  async #open(channels: Channels): Promise<Channel> {
    const channel = await openChannel(channels);
    // Per consumer and not per channel: RabbitMQ 3.10 drops the connection over the latter on a quorum queue.
    await answerTo("setting the prefetch", channel.prefetch(this.#options.limit));
    return channel;
  }

  #opened(channel: Channel): Promise<void> {
    const session = { channel, acks: new Acks(channel), lost: new AbortController() };
    channel.once("close", () => session.lost.abort());
    this.#session = session;
    this.#consumerTag = undefined;
    return this.#settleSubscription();
  }

  /** Subscribes or cancels, as is wanted by then. Without a channel there is nothing to do: the next one comes here. */
  #settleSubscription(): Promise<void> {
    this.#change = this.#change.then(async () => {
      const session = this.#session;
      if (session === undefined || session.channel !== this.#channel.current) return;
      if ((this.#wanted === "running") === (this.#consumerTag !== undefined)) return;
      try {
        await (this.#consumerTag === undefined ? this.#subscribe(session) : this.#leave(session, this.#consumerTag));
        this.#refused = false;
      } catch (error) {
        await this.#failed(session.channel, error);
      }
    });
    return this.#change;
  }

  async #subscribe(session: Session): Promise<void> {
    const { queue } = this.#options;
    const { acks } = session;
    const lost = session.lost.signal;
    const onMessage = (message: ConsumeMessage | null): void => {
      if (message === null) void this.#cancelledByBroker(session);
      else void this.#handle(acks, message, lost);
    };
    const consuming = session.channel.consume(queue, onMessage);
    this.#consumerTag = (await answerTo(`consuming queue "${queue}"`, consuming)).consumerTag;
  }

  #leave(session: Session, consumerTag: string): Promise<void> {
    const cancel = () => this.#cancel(session.channel, consumerTag);
    return this.#options.singleActive ? this.#handover.run(session.channel, cancel) : cancel();
  }

  async #cancel(channel: Channel, consumerTag: string): Promise<void> {
    await answerTo(`cancelling queue "${this.#options.queue}"`, channel.cancel(consumerTag));
    this.#consumerTag = undefined;
  }

  /**
   * The queue was deleted, or a message was held for too long. The channel stays open, without a subscription. The next
   * active consumer may be another router's, so a single active one begins nothing more of what came so far.
   */
  async #cancelledByBroker(session: Session): Promise<void> {
    this.#consumerTag = undefined;
    if (this.#options.singleActive) {
      session.lost.abort();
      session.lost = new AbortController();
    }
    await this.#options.declareAgain().catch(() => undefined);
    if (this.#channel.current === session.channel) await this.#settleSubscription();
  }

  /** Closes the channel, whatever failed: a new one begins from the start. */
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
    // Delayed messages for several queues come by one.
    const key = `${attemptKey(message)} ${raw.fields.routingKey}`;
    const running = raw.fields.redelivered && message.id !== "" ? this.#redeliveries.running(key) : undefined;
    const handling = running ?? this.#begin(message, raw, lost);
    this.#redeliveries.add(key, handling);
    const result = await handling;
    this.#redeliveries.remove(key, handling);
    if (this.#handover.over !== undefined) await this.#handover.over;
    if (result === "done") acks.ack(raw);
    else acks.nack(raw);
    // Not before the hand-over has ended: a message that waits for the slot would begin.
    if (running === undefined && result !== "not begun") this.#slots.release();
    this.#inFlight.end();
  }

  /** Runs the handler. A message that was begun keeps its slot until it is settled. */
  async #begin(message: Received, { fields }: ConsumeMessage, lost: AbortSignal): Promise<Handling> {
    if (!this.#slots.tryTake() && !(await this.#slots.take(lost))) return "not begun";
    if (!fields.redelivered) this.#options.arrived(message);
    if (lost.aborted || !this.#handover.tryBegin()) {
      this.#slots.release();
      return "not begun";
    }
    try {
      await this.#options.handler(message, lost, fields.routingKey);
      this.#setBacks.forget(message.id);
      return "done";
    } catch (error) {
      // The handler did not begin. The same message may be on its way to this consumer again.
      if (error === lost.reason) return "failed";
    } finally {
      this.#handover.handlerEnded();
    }
    await sleep(handBackMs(this.#setBacks.count(message.id)), this.#stopping.signal);
    return "failed";
  }
}
