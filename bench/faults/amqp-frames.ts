/** One AMQP 0-9-1 frame on its way between a router and the broker. */
export interface Frame {
  readonly bytes: Buffer;
  /** Such as `basic.publish`; `content` for what follows one, and for whatever is of no interest here. */
  readonly method: string;
  /**
   * The queues that it is about: where a publish goes, also what a confirm confirms, and what a delivery, an ack or a
   * nack was taken from. What is published into the delay ladder is about `delayed NAME`.
   */
  readonly queues: readonly string[];
}

const METHODS: Readonly<Record<string, string>> = {
  "10.40": "connection.open",
  "20.10": "channel.open",
  "40.10": "exchange.declare",
  "50.10": "queue.declare",
  "50.20": "queue.bind",
  "60.10": "basic.qos",
  "60.20": "basic.consume",
  "60.40": "basic.publish",
  "60.60": "basic.deliver",
  "60.80": "basic.ack",
  "60.120": "basic.nack",
  "85.10": "confirm.select",
};

const PROTOCOL_HEADER_BYTES = 8;
/** Type, channel and length before the payload, one byte after it. */
const HEAD_BYTES = 7;
const OVERHEAD_BYTES = 8;
const METHOD_FRAME = 1;
const LADDER = "busbar.delay.";
const LADDER_WORDS = 17;

/** What is known of the channels of one connection: frames name queues rarely, and mostly numbers that stand for them. */
class Channels {
  readonly #consumed = new Map<number, string>();
  readonly #published = new Map<number, { next: number; readonly unconfirmed: Map<number, string> }>();

  opened(channel: number): void {
    this.#consumed.delete(channel);
    this.#published.set(channel, { next: 1, unconfirmed: new Map() });
  }

  consumes(channel: number, queue: string): void {
    this.#consumed.set(channel, queue);
  }

  queueOf(channel: number): string[] {
    const queue = this.#consumed.get(channel);
    return queue === undefined ? [] : [queue];
  }

  published(channel: number, queue: string): void {
    const publishes = this.#published.get(channel);
    publishes?.unconfirmed.set(publishes.next++, queue);
  }

  /** What a confirm stands for, which is forgotten with it. */
  confirmed(channel: number, tag: number, multiple: boolean): string[] {
    const { unconfirmed } = this.#published.get(channel) ?? { unconfirmed: new Map<number, string>() };
    const tags = [...unconfirmed.keys()].filter((each) => each === tag || (multiple && each < tag));
    const queues = tags.map((each) => unconfirmed.get(each) ?? "");
    for (const each of tags) unconfirmed.delete(each);
    return queues;
  }
}

/** Cuts both directions of one connection into frames. What is not whole yet waits for the rest. */
export class FrameReader {
  readonly #channels = new Channels();
  readonly #rest = { toBroker: Buffer.alloc(0), toRouter: Buffer.alloc(0) };
  #begun = false;

  read(direction: "toBroker" | "toRouter", chunk: Buffer): Frame[] {
    let bytes = Buffer.concat([this.#rest[direction], chunk]);
    const frames: Frame[] = [];
    if (direction === "toBroker" && !this.#begun && bytes.length >= PROTOCOL_HEADER_BYTES) {
      this.#begun = true;
      frames.push({ bytes: bytes.subarray(0, PROTOCOL_HEADER_BYTES), method: "content", queues: [] });
      bytes = bytes.subarray(PROTOCOL_HEADER_BYTES);
    }
    while (bytes.length >= HEAD_BYTES) {
      const length = bytes.readUInt32BE(3) + OVERHEAD_BYTES;
      if (bytes.length < length) break;
      frames.push(this.#understand(direction, bytes.subarray(0, length)));
      bytes = bytes.subarray(length);
    }
    this.#rest[direction] = bytes;
    return frames;
  }

  #understand(direction: "toBroker" | "toRouter", bytes: Buffer): Frame {
    if (bytes[0] !== METHOD_FRAME) return { bytes, method: "content", queues: [] };
    const channel = bytes.readUInt16BE(1);
    const method = METHODS[`${bytes.readUInt16BE(HEAD_BYTES)}.${bytes.readUInt16BE(HEAD_BYTES + 2)}`] ?? "content";
    return { bytes, method, queues: this.#queues(direction, method, channel, bytes.subarray(HEAD_BYTES + 4)) };
  }

  #queues(direction: "toBroker" | "toRouter", method: string, channel: number, payload: Buffer): string[] {
    const channels = this.#channels;
    switch (method) {
      case "channel.open":
        channels.opened(channel);
        return [];
      case "queue.declare":
        return [shortStrings(payload.subarray(2), 1)[0] ?? ""];
      case "basic.consume": {
        const [queue = ""] = shortStrings(payload.subarray(2), 1);
        channels.consumes(channel, queue);
        return [queue];
      }
      case "basic.publish": {
        const queue = destination(payload);
        channels.published(channel, queue);
        return [queue];
      }
      case "basic.deliver":
        return channels.queueOf(channel);
      case "basic.ack":
      case "basic.nack":
        return direction === "toBroker"
          ? channels.queueOf(channel)
          : channels.confirmed(channel, Number(payload.readBigUInt64BE(0)), (payload[8] ?? 0) % 2 === 1);
      default:
        return [];
    }
  }
}

function destination(payload: Buffer): string {
  const [exchange = "", routingKey = ""] = shortStrings(payload.subarray(2), 2);
  if (!exchange.startsWith(LADDER)) return routingKey;
  return `delayed ${routingKey.split(".").slice(LADDER_WORDS).join(".")}`;
}

/** The strings at the front, each after a byte that holds its length. */
function shortStrings(bytes: Buffer, count: number): string[] {
  const strings: string[] = [];
  for (let at = 0; strings.length < count; at += 1 + (bytes[at] ?? 0)) {
    strings.push(bytes.toString("utf8", at + 1, at + 1 + (bytes[at] ?? 0)));
  }
  return strings;
}
