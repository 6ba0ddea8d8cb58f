import type { Channel, ConsumeMessage } from "amqplib";
import { Ongoing } from "../../../async/ongoing.ts";
import { sleep } from "../../../async/sleep.ts";
import type { Consumer } from "../../../ports/broker/consumer.ts";
import { handBackMs, ReleaseError } from "../../../ports/broker/consumer.ts";
import type { Channels } from "../connection/channels.ts";
import { closeChannel, openChannel, replyCode } from "../connection/channels.ts";
import { answerTo } from "../connection/rpc.ts";
import type { Connection } from "../connection/supervised-channel.ts";
import { SupervisedChannel } from "../connection/supervised-channel.ts";
import { received } from "../publishing/message.ts";
import { Acks } from "./acks.ts";
import type { ConsumerOptions } from "./consumer.ts";

/**
 * RabbitMQ takes back what is held for 30 min. What is held for so long is given back before that, with time for the
 * longest call (15 min), which a release waits for.
 */
const HELD_MS_MAX = 600_000;
const HELD_CHECK_MS = 30_000;

/** One channel, and what came over it. */
interface Session {
  readonly channel: Channel;
  readonly acks: Acks;
  /** Fires when the messages that came over it go back, or have gone back. */
  readonly lost: AbortController;
  /** Handlers of its messages. */
  readonly inFlight: Ongoing;
  /** When each message came that is not settled, oldest first, by a clock that nobody sets. */
  readonly cameAtMs: Map<ConsumeMessage, number>;
}

/**
 * One subscription to a queue whose order is kept. It gives back what it holds by closing its channel: RabbitMQ then puts
 * all of it back in its old order, in front of everything else, and only then serves the next consumer. A nack of more
 * than 32 messages loses the order on 3.10, and a cancel activates the next consumer while this one still holds messages.
 *
 * A release (a pause, a stop, a message held for too long, a handler that failed) goes: `lost` fires, so that no handler
 * begins; those that have begun end, and their acks leave; the channel closes. The next channel subscribes again where
 * that is wanted, behind the consumers of other routers.
 */
export class InOrderConsumer implements Consumer {
  readonly #options: Omit<ConsumerOptions, "singleActive">;
  readonly #channel: SupervisedChannel<Channel>;
  readonly #inFlight = new Ongoing();
  readonly #stopping = new AbortController();
  #wanted: "running" | "paused" | "stopped" = "running";
  #session: Session | undefined;
  #isSubscribed = false;
  /** Whether RabbitMQ refused the subscription the last time, so that a refusal is reported once. */
  #refused = false;
  /** Failures of handlers in a row. */
  #failures = 0;

  constructor(connection: Connection, options: Omit<ConsumerOptions, "singleActive">) {
    this.#options = options;
    this.#channel = new SupervisedChannel(
      connection,
      (channels) => this.#open(channels),
      (channel) => this.#opened(channel),
    );
  }

  start(): Promise<void> {
    return this.#channel.start();
  }

  /** Nobody waits for the handlers that have begun. */
  pause(): Promise<void> {
    if (this.#wanted === "running") this.#wanted = "paused";
    if (this.#isSubscribed) void this.#release(this.#session);
    return Promise.resolve();
  }

  async resume(): Promise<void> {
    if (this.#wanted === "paused") this.#wanted = "running";
    const session = this.#session;
    // A session that is being released has its next channel soon, which subscribes.
    if (session?.lost.signal.aborted === false && !this.#isSubscribed) await this.#subscribe(session);
  }

  async stop(): Promise<void> {
    this.#wanted = "stopped";
    this.#stopping.abort();
    await this.#release(this.#session);
    while (this.#inFlight.any) await this.#inFlight.ended();
    this.#session?.acks.flush();
    await this.#channel.end();
  }

  async #open(channels: Channels): Promise<Channel> {
    const channel = await openChannel(channels);
    await answerTo("setting the prefetch", channel.prefetch(this.#options.limit));
    return channel;
  }

  async #opened(channel: Channel): Promise<void> {
    const session: Session = {
      channel,
      acks: new Acks(channel),
      lost: new AbortController(),
      inFlight: new Ongoing(),
      cameAtMs: new Map<ConsumeMessage, number>(),
    };
    channel.once("close", () => session.lost.abort());
    this.#session = session;
    this.#isSubscribed = false;
    if (this.#wanted === "running") await this.#subscribe(session);
  }

  /** A refusal closes the channel, and the next one tries again. */
  async #subscribe(session: Session): Promise<void> {
    const { queue, declareAgain, refused } = this.#options;
    this.#isSubscribed = true;
    // RabbitMQ cancels it: the queue was deleted, or a message was held for too long. The channel would stay open.
    const onMessage = (message: ConsumeMessage | null): void => {
      if (message === null) void this.#lose(session, declareAgain);
      else void this.#handle(message, session);
    };
    try {
      await answerTo(`consuming queue "${queue}"`, session.channel.consume(queue, onMessage));
      this.#refused = false;
      void this.#watchHeld(session);
    } catch (error) {
      if (replyCode(error) !== undefined && !this.#refused) refused(error);
      this.#refused ||= replyCode(error) !== undefined;
      await this.#lose(session, replyCode(error) === 404 ? declareAgain : () => Promise.resolve());
    }
  }

  async #lose({ lost, channel }: Session, repair: () => Promise<void>): Promise<void> {
    lost.abort();
    await repair().catch(() => undefined);
    await closeChannel(channel);
  }

  /** Never rejects. A session that is released or lost already is left to that. */
  async #release(session: Session | undefined): Promise<void> {
    if (session === undefined || session.lost.signal.aborted) return;
    session.lost.abort(new ReleaseError());
    while (session.inFlight.any) await session.inFlight.ended();
    session.acks.flush();
    await closeChannel(session.channel);
  }

  async #watchHeld(session: Session): Promise<void> {
    const { signal } = session.lost;
    while (!signal.aborted) {
      await sleep(HELD_CHECK_MS, signal).catch(() => undefined);
      const [oldestMs = Infinity] = session.cameAtMs.values();
      if (performance.now() - oldestMs >= HELD_MS_MAX) return this.#release(session);
    }
  }

  /** Never rejects. */
  async #handle(raw: ConsumeMessage, session: Session): Promise<void> {
    const { queue, handler, arrived } = this.#options;
    const { signal } = session.lost;
    session.acks.hold(raw);
    if (signal.aborted) return;
    this.#inFlight.begin();
    session.inFlight.begin();
    session.cameAtMs.set(raw, performance.now());
    const message = received(queue, raw);
    if (!raw.fields.redelivered) arrived(message);
    try {
      await handler(message, signal, raw.fields.routingKey);
      session.acks.ack(raw);
      this.#failures = 0;
    } catch (error) {
      if (error !== signal.reason) void this.#releaseLater(session);
    } finally {
      session.cameAtMs.delete(raw);
      session.inFlight.end();
      this.#inFlight.end();
    }
  }

  /** What has failed stays in hand meanwhile: it must not come again at once. */
  async #releaseLater(session: Session): Promise<void> {
    this.#failures += 1;
    const over = AbortSignal.any([this.#stopping.signal, session.lost.signal]);
    await sleep(handBackMs(this.#failures), over).catch(() => undefined);
    await this.#release(session);
  }
}
