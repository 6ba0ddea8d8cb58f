import type { Direction, Frame } from "./amqp-frames.ts";
import { shortStrings } from "./amqp-frames.ts";

const LADDER = "busbar.delay.";
const LADDER_WORDS = 17;
/** A field that nobody uses any more, at the front of many methods. */
const RESERVED_BYTES = 2;

interface Channel {
  queue: string | undefined;
  /** Of the consumers that the broker has confirmed. */
  readonly tags: Set<string>;
  inUse: boolean;
  nextPublish: number;
  /** By number of the publish: where it goes. */
  readonly unconfirmed: Map<number, string>;
}

/**
 * What is known of the channels of one connection. Frames name queues rarely, and mostly numbers that stand for them:
 * it takes all of them, in their order, to know what one is about.
 */
export class Channels {
  readonly #channels = new Map<number, Channel>();

  /** The channels that consume, or publish with confirms. */
  inUse(): readonly number[] {
    return [...this.#channels].filter(([, { inUse }]) => inUse).map(([id]) => id);
  }

  consumerTags(id: number): readonly string[] {
    return [...this.#of(id).tags];
  }

  forgetConsumers(id: number): void {
    this.#of(id).tags.clear();
  }

  closed(id: number): void {
    this.#channels.delete(id);
  }

  /**
   * Takes in a frame. Returns the queues that it is about: where a publish goes, also what a confirm confirms, and what
   * a delivery, an ack or a nack was taken from. What is published into the delay ladder is about `delayed NAME`.
   */
  follow(direction: Direction, { channel: id, method, parameters }: Frame): readonly string[] {
    if (method === "channel.open" || method === "channel.close") this.closed(id);
    const channel = this.#of(id);
    switch (method) {
      case "confirm.select-ok":
        channel.inUse = true;
        return [];
      case "basic.consume-ok":
        channel.inUse = true;
        for (const tag of shortStrings(parameters, 1)) channel.tags.add(tag);
        return [];
      case "basic.cancel":
        for (const tag of shortStrings(parameters, 1)) channel.tags.delete(tag);
        return [];
      case "queue.declare":
        return shortStrings(parameters.subarray(RESERVED_BYTES), 1);
      case "basic.consume": {
        const queues = shortStrings(parameters.subarray(RESERVED_BYTES), 1);
        channel.queue = queues[0];
        return queues;
      }
      case "basic.publish": {
        const queue = destination(parameters);
        channel.unconfirmed.set(channel.nextPublish++, queue);
        return [queue];
      }
      case "basic.deliver":
        return consumed(channel);
      case "basic.ack":
      case "basic.nack":
        return direction === "toBroker" ? consumed(channel) : confirmed(channel, parameters);
      default:
        return [];
    }
  }

  #of(id: number): Channel {
    const known = this.#channels.get(id);
    if (known !== undefined) return known;
    const fresh = { queue: undefined, tags: new Set<string>(), inUse: false, nextPublish: 1, unconfirmed: new Map() };
    this.#channels.set(id, fresh);
    return fresh;
  }
}

function consumed({ queue }: Channel): string[] {
  return queue === undefined ? [] : [queue];
}

/** What a confirm stands for, which is forgotten with it. */
function confirmed({ unconfirmed }: Channel, parameters: Buffer): string[] {
  const last = Number(parameters.readBigUInt64BE(0));
  const multiple = (parameters[8] ?? 0) % 2 === 1;
  const publishes = [...unconfirmed].filter(([each]) => each === last || (multiple && each < last));
  for (const [each] of publishes) unconfirmed.delete(each);
  return publishes.map(([, queue]) => queue);
}

function destination(parameters: Buffer): string {
  const [exchange = "", routingKey = ""] = shortStrings(parameters.subarray(RESERVED_BYTES), 2);
  if (!exchange.startsWith(LADDER)) return routingKey;
  return `delayed ${routingKey.split(".").slice(LADDER_WORDS).join(".")}`;
}
