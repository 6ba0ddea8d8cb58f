import type { Channel, ConsumeMessage } from "amqplib";

/**
 * The acks of one channel, gathered over a turn of the event loop: nobody waits for them. Those of the oldest messages
 * that it holds go in one frame, which RabbitMQ settles in one go. A quorum queue writes a log entry for each frame.
 */
export class Acks {
  readonly #channel: Channel;
  /** Every message that came and is not settled, oldest first: delivery tags rise. */
  readonly #held = new Set<number>();
  readonly #acked = new Map<number, ConsumeMessage>();
  #scheduled = false;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** To be called with every message that comes over the channel, in order. */
  hold({ fields }: ConsumeMessage): void {
    this.#held.add(fields.deliveryTag);
  }

  ack(message: ConsumeMessage): void {
    this.#acked.set(message.fields.deliveryTag, message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  /** Gives a message back to its queue. */
  nack(message: ConsumeMessage): void {
    this.#held.delete(message.fields.deliveryTag);
    this.#ifOpen(() => this.#channel.nack(message, false, true));
  }

  /** Sends what has been acked so far, as before the channel is closed. */
  flush(): void {
    this.#scheduled = false;
    this.#ifOpen(() => {
      const oldest = this.#takeOldest();
      if (oldest !== undefined) this.#channel.ack(oldest, true);
      for (const message of this.#acked.values()) {
        this.#held.delete(message.fields.deliveryTag);
        this.#channel.ack(message);
      }
    });
    this.#acked.clear();
  }

  /** The newest of the acked messages before which none is still at work; all up to it are settled with it. */
  #takeOldest(): ConsumeMessage | undefined {
    let last: ConsumeMessage | undefined;
    for (const tag of this.#held) {
      const message = this.#acked.get(tag);
      if (message === undefined) break;
      this.#held.delete(tag);
      this.#acked.delete(tag);
      last = message;
    }
    return last;
  }

  #ifOpen(settle: () => void): void {
    try {
      settle();
    } catch {
      // The channel has gone, and the broker hands the messages out again.
    }
  }
}
