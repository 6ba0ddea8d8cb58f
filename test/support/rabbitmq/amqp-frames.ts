/** As much of AMQP 0-9-1 as it takes to stand between a router and a broker. https://www.rabbitmq.com/amqp-0-9-1-reference.html */

/** Which way a frame goes. */
export type Direction = "toBroker" | "toRouter";

/** Class and method ids of the methods that are of interest here. */
const IDS = {
  "connection.open": [10, 40],
  "channel.open": [20, 10],
  "channel.close": [20, 40],
  "channel.close-ok": [20, 41],
  "exchange.declare": [40, 10],
  "queue.declare": [50, 10],
  "queue.bind": [50, 20],
  "basic.qos": [60, 10],
  "basic.consume": [60, 20],
  "basic.consume-ok": [60, 21],
  "basic.cancel": [60, 30],
  "basic.publish": [60, 40],
  "basic.return": [60, 50],
  "basic.deliver": [60, 60],
  "basic.get-ok": [60, 71],
  "basic.ack": [60, 80],
  "basic.nack": [60, 120],
  "confirm.select": [85, 10],
  "confirm.select-ok": [85, 11],
} as const;

export type Method = keyof typeof IDS;

const METHODS = new Map(Object.entries(IDS).map(([method, ids]) => [ids.join("."), method as Method]));
const WITH_CONTENT: ReadonlySet<Method> = new Set(["basic.publish", "basic.return", "basic.deliver", "basic.get-ok"]);

const METHOD_FRAME = 1;
const HEADER_FRAME = 2;
const BODY_FRAME = 3;
const FRAME_END = 0xce;
/** Type, channel and length before the payload. */
const HEAD_BYTES = 7;
/** Class and method id, at the front of a method's payload. */
const METHOD_ID_BYTES = 4;
const PROTOCOL_HEADER_BYTES = 8;

export interface Frame {
  /** The whole of it, to be passed on. */
  readonly bytes: Buffer;
  readonly channel: number;
  /** Undefined for what follows a method, and for methods that are of no interest. */
  readonly method: Method | undefined;
  /** The arguments of a method. */
  readonly parameters: Buffer;
}

/** Cuts what one side sends into frames. The header with which a router begins counts as a frame of channel 0. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  #headerDue: boolean;
  /** By channel: how many bytes of a message's body are to come, or `Infinity` until its header says so. */
  readonly #contentDue = new Map<number, number>();

  constructor(direction: Direction) {
    this.#headerDue = direction === "toBroker";
  }

  /** The frames that are whole now; the rest waits for the next chunk. */
  read(chunk: Buffer): Frame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  /** Whether a message is only half sent on the channel: nothing may come in between. */
  isWithinMessage(channel: number): boolean {
    return this.#contentDue.has(channel);
  }

  #next(): Frame | undefined {
    if (this.#headerDue) {
      const bytes = this.#take(PROTOCOL_HEADER_BYTES);
      this.#headerDue = bytes === undefined;
      return bytes && { bytes, channel: 0, method: undefined, parameters: bytes };
    }
    if (this.#rest.length < HEAD_BYTES) return undefined;
    const bytes = this.#take(HEAD_BYTES + this.#rest.readUInt32BE(3) + 1);
    if (bytes === undefined) return undefined;
    const type = bytes.readUInt8(0);
    const channel = bytes.readUInt16BE(1);
    const payload = bytes.subarray(HEAD_BYTES, -1);
    const ids = type === METHOD_FRAME ? `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}` : "";
    const method = METHODS.get(ids);
    this.#follow(channel, type, method, payload);
    return { bytes, channel, method, parameters: payload.subarray(METHOD_ID_BYTES) };
  }

  #take(length: number): Buffer | undefined {
    if (this.#rest.length < length) return undefined;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  #follow(channel: number, type: number, method: Method | undefined, payload: Buffer): void {
    if (method !== undefined && WITH_CONTENT.has(method)) this.#contentDue.set(channel, Infinity);
    if (type === HEADER_FRAME) this.#contentDue.set(channel, Number(payload.readBigUInt64BE(4)));
    if (type === BODY_FRAME) this.#contentDue.set(channel, (this.#contentDue.get(channel) ?? 0) - payload.length);
    if (this.#contentDue.get(channel) === 0) this.#contentDue.delete(channel);
  }
}

/** A method frame. */
export function methodFrame(channel: number, method: Method, ...parameters: Buffer[]): Buffer {
  const [classId, methodId] = IDS[method];
  const payload = Buffer.concat([uint16(classId), uint16(methodId), ...parameters]);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(METHOD_FRAME, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([FRAME_END])]);
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function shortString(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
}

/** The strings at the front of a method's arguments, each after a byte that holds its length. */
export function shortStrings(parameters: Buffer, count: number): string[] {
  const strings: string[] = [];
  for (let at = 0; strings.length < count; at += 1 + (parameters[at] ?? 0)) {
    strings.push(parameters.toString("utf8", at + 1, at + 1 + (parameters[at] ?? 0)));
  }
  return strings;
}
