import type { Channel, ChannelModel } from "amqplib";
import type { Attachment } from "./connection.ts";
import { closeChannel } from "./channels.ts";
import { retryMs } from "./rpc.ts";

/** A channel that was open for so long and is closed is opened again at once. */
const SETTLED_AFTER_MS = 1_000;

/** A `RecoveringConnection`, as far as a channel needs it. */
export interface Connection {
  /** The connection to use now; undefined while there is none. */
  readonly model: ChannelModel | undefined;
  attach(attachment: Attachment): Promise<void>;
  detach(attachment: Attachment): void;
}

/**
 * Keeps a channel open. It opens one on every new connection, and another when the broker has closed it: at once, then
 * after waits of 1 s doubling to 30 s. A closed channel raises no event on the connection, and amqplib opens no other.
 */
export class SupervisedChannel<C extends Channel> implements Attachment {
  readonly #connection: Connection;
  readonly #open: (model: ChannelModel) => Promise<C>;
  readonly #opened: (channel: C) => Promise<void>;
  #current: C | undefined;
  #ended = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param open opens a channel. It may be called any number of times, and may reject.
   * @param opened runs when the channel has become the current one. When it fails, it closes the channel, and another
   *   is opened.
   */
  constructor(
    connection: Connection,
    open: (model: ChannelModel) => Promise<C>,
    opened: (channel: C) => Promise<void> = () => Promise.resolve(),
  ) {
    this.#connection = connection;
    this.#open = open;
    this.#opened = opened;
  }

  /** The channel to use now; undefined while there is none. */
  get current(): C | undefined {
    return this.#current;
  }

  start(): Promise<void> {
    return this.#connection.attach(this);
  }

  async attach(model: ChannelModel): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const channel = await this.#open(model);
      this.#adopt(channel, model);
      await this.#opened(channel);
    } catch {
      this.#retry(model);
    }
  }

  /** Closes the channel for good. Messages that are not acked go back to their queue. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#connection.detach(this);
    const channel = this.#current;
    this.#current = undefined;
    if (channel !== undefined) await closeChannel(channel);
  }

  #adopt(channel: C, model: ChannelModel): void {
    if (this.#ended) {
      void closeChannel(channel);
      return;
    }
    this.#current = channel;
    const openedAtMs = performance.now();
    // Before amqplib's own listener, which fails what is unconfirmed: by then there must be no current channel.
    channel.prependOnceListener("close", () => {
      if (this.#current !== channel) return;
      this.#current = undefined;
      if (performance.now() - openedAtMs >= SETTLED_AFTER_MS) this.#failures = 0;
      this.#retry(model);
    });
  }

  /** When the connection is lost as well, the attempt does nothing: the next connection attaches this anyway. */
  #retry(model: ChannelModel): void {
    if (this.#ended) return;
    const waitMs = this.#failures === 0 ? 0 : retryMs(this.#failures);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#connection.model === model && this.#current === undefined) void this.attach(model);
    }, waitMs);
    this.#timer.unref();
  }
}
