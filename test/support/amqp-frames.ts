/** As much of AMQP 0-9-1 as it takes to stand between a client and a broker. https://www.rabbitmq.com/amqp-0-9-1-reference.html */

const METHOD_FRAME = 1;
const HEADER_FRAME = 2;
const BODY_FRAME = 3;
const FRAME_END = 0xce;
const HEAD_BYTES = 7;
const PROTOCOL_HEADER_BYTES = 8;

/** Class and method ids. */
export const METHODS = {
  channelClose: "20.40",
  channelCloseOk: "20.41",
  basicConsumeOk: "60.21",
  basicCancel: "60.30",
  basicPublish: "60.40",
  basicReturn: "60.50",
  basicDeliver: "60.60",
  basicGetOk: "60.71",
  confirmSelectOk: "85.11",
} as const;

const WITH_CONTENT: readonly string[] = [
  METHODS.basicPublish,
  METHODS.basicReturn,
  METHODS.basicDeliver,
  METHODS.basicGetOk,
];

export interface Frame {
  /** The whole of it, to be passed on. */
  readonly bytes: Buffer;
  readonly channel: number;
  /** `class.method`; undefined for anything but a method. */
  readonly method: string | undefined;
  /** The arguments of a method. */
  readonly parameters: Buffer;
}

/** Splits what one side sends into frames. The header with which a client begins counts as a frame of channel 0. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  #headerDue: boolean;
  /** By channel: how many bytes of a message's body are to come, or `Infinity` until its header tells. */
  readonly #contentDue = new Map<number, number>();

  constructor(side: "client" | "server") {
    this.#headerDue = side === "client";
  }

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
    const method = type === METHOD_FRAME ? `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}` : undefined;
    this.#follow(channel, type, method, payload);
    return { bytes, channel, method, parameters: payload.subarray(4) };
  }

  #take(length: number): Buffer | undefined {
    if (this.#rest.length < length) return undefined;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  #follow(channel: number, type: number, method: string | undefined, payload: Buffer): void {
    if (method !== undefined && WITH_CONTENT.includes(method)) this.#contentDue.set(channel, Infinity);
    if (type === HEADER_FRAME) this.#contentDue.set(channel, Number(payload.readBigUInt64BE(4)));
    if (type === BODY_FRAME) this.#contentDue.set(channel, (this.#contentDue.get(channel) ?? 0) - payload.length);
    if (this.#contentDue.get(channel) === 0) this.#contentDue.delete(channel);
  }
}

/** A method frame. */
export function methodFrame(channel: number, method: string, parameters: Buffer = Buffer.alloc(0)): Buffer {
  const [classId = 0, methodId = 0] = method.split(".").map(Number);
  const head = Buffer.alloc(HEAD_BYTES + 4);
  head.writeUInt8(METHOD_FRAME, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(4 + parameters.length, 3);
  head.writeUInt16BE(classId, HEAD_BYTES);
  head.writeUInt16BE(methodId, HEAD_BYTES + 2);
  return Buffer.concat([head, parameters, Buffer.from([FRAME_END])]);
}

export function shortString(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
}
