import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channels } from "../../support/rabbitmq/amqp-channels.ts";
import type { Direction, Frame } from "../../support/rabbitmq/amqp-frames.ts";
import { FrameReader } from "../../support/rabbitmq/amqp-frames.ts";

const CHANNEL = 3;

interface SeenFrame extends Frame {
  readonly queues: readonly string[];
}

/** Reads both directions of one connection. */
class Connection {
  readonly channels = new Channels();
  readonly readers = { toBroker: new FrameReader("toBroker"), toRouter: new FrameReader("toRouter") };

  read(direction: Direction, ...chunks: Buffer[]): SeenFrame[] {
    const frames = chunks.flatMap((chunk) => this.readers[direction].read(chunk));
    return frames.map((each) => ({ ...each, queues: this.channels.follow(direction, each) }));
  }
}

const shortString = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);

/** A method frame, as section 2.3.5 of the AMQP 0-9-1 specification has it. */
function frame(classId: number, methodId: number, ...fields: Buffer[]): Buffer {
  const payload = Buffer.concat([Buffer.from([0, classId, 0, methodId]), ...fields]);
  const head = Buffer.alloc(7);
  head.writeUInt8(1, 0);
  head.writeUInt16BE(CHANNEL, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

function publish(exchange: string, routingKey: string): Buffer {
  return frame(60, 40, Buffer.alloc(2), shortString(exchange), shortString(routingKey), Buffer.alloc(1));
}

function ack(tag: number, multiple: boolean): Buffer {
  const fields = Buffer.alloc(9);
  fields.writeBigUInt64BE(BigInt(tag), 0);
  fields.writeUInt8(multiple ? 1 : 0, 8);
  return frame(60, 80, fields);
}

const HELLO = Buffer.from("AMQP\0\0\x09\x01", "latin1");
const OPEN = frame(20, 10, Buffer.alloc(1));
const CONSUME = frame(60, 20, Buffer.alloc(2), shortString("orders"), shortString("tag"), Buffer.alloc(5));

const CONSUMED = frame(60, 21, shortString("tag"));
const CLOSE = frame(20, 40, Buffer.alloc(7));

/** A content header that announces a body of four bytes, and such a body. */
const HEADER = Buffer.from([2, 0, CHANNEL, 0, 0, 0, 14, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0xce]);
const BODY = Buffer.from([3, 0, CHANNEL, 0, 0, 0, 4, 1, 2, 3, 4, 0xce]);

describe("the fault bench's view of AMQP", () => {
  it("The AMQP view cuts a stream into the same frames however it arrives", () => {
    const stream = Buffer.concat([HELLO, OPEN, publish("", "orders"), HEADER, BODY, CONSUME]);
    for (const size of [1, 5, 7, 1_000]) {
      const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
        stream.subarray(index * size, (index + 1) * size),
      );
      const frames = new Connection().read("toBroker", ...chunks);
      assert.deepEqual(
        frames.map(({ method, queues }) => [method, ...queues]),
        [
          [undefined],
          ["channel.open"],
          ["basic.publish", "orders"],
          [undefined],
          [undefined],
          ["basic.consume", "orders"],
        ],
      );
      assert.deepEqual(Buffer.concat(frames.map(({ bytes }) => bytes)), stream);
    }
  });

  it("The AMQP view knows when a message is half sent", () => {
    const reader = new FrameReader("toRouter");
    const within = [publish("", "orders"), HEADER, BODY].map((chunk) => {
      reader.read(chunk);
      return reader.isWithinMessage(CHANNEL);
    });
    assert.deepEqual(within, [true, true, false]);
  });

  it("The AMQP view knows the publishes that a confirm answers, each once", () => {
    const connection = new Connection();
    connection.read("toBroker", HELLO, OPEN, publish("", "a"), publish("", "b"), publish("", "c"));
    assert.deepEqual(connection.read("toRouter", ack(2, false))[0]?.queues, ["b"]);
    assert.deepEqual(connection.read("toRouter", ack(3, true))[0]?.queues, ["a", "c"]);
  });

  it("The AMQP view knows the queue of an ack", () => {
    const connection = new Connection();
    connection.read("toBroker", HELLO, OPEN, CONSUME);
    assert.deepEqual(connection.read("toBroker", ack(1, false))[0]?.queues, ["orders"]);
  });

  it("The AMQP view distinguishes a publish into the delay ladder from one into the queue itself", () => {
    const delayed = publish("busbar.delay.0", `${"0.".repeat(16)}1.busbar.function.stock`);
    const frames = new Connection().read("toBroker", HELLO, delayed);
    assert.deepEqual(frames[1]?.queues, ["delayed busbar.function.stock"]);
  });

  it("The AMQP view knows the channels in use and their consumers, until they are closed", () => {
    const connection = new Connection();
    const { channels } = connection;
    connection.read("toBroker", HELLO, OPEN, CONSUME);
    assert.deepEqual(channels.inUse(), []);
    connection.read("toRouter", CONSUMED);
    assert.deepEqual([channels.inUse(), channels.consumerTags(CHANNEL)], [[CHANNEL], ["tag"]]);
    connection.read("toBroker", CLOSE);
    assert.deepEqual([channels.inUse(), channels.consumerTags(CHANNEL)], [[], []]);
  });
});
