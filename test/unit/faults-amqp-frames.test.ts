import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FrameReader } from "../../bench/faults/amqp-frames.ts";

const CHANNEL = 3;

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

describe("The fault bench's view of AMQP", () => {
  it("cuts a stream into the same frames however it arrives", () => {
    const stream = Buffer.concat([HELLO, OPEN, publish("", "orders"), CONSUME]);
    for (const size of [1, 5, 7, 1_000]) {
      const reader = new FrameReader();
      const frames = [];
      for (let at = 0; at < stream.length; at += size) {
        frames.push(...reader.read("toBroker", stream.subarray(at, at + size)));
      }
      assert.deepEqual(
        frames.map(({ method, queues }) => [method, ...queues]),
        [["content"], ["channel.open"], ["basic.publish", "orders"], ["basic.consume", "orders"]],
      );
      assert.deepEqual(Buffer.concat(frames.map(({ bytes }) => bytes)), stream);
    }
  });

  it("knows what a confirm stands for, each publish once", () => {
    const reader = new FrameReader();
    reader.read("toBroker", Buffer.concat([HELLO, OPEN, publish("", "a"), publish("", "b"), publish("", "c")]));
    assert.deepEqual(reader.read("toRouter", ack(2, false))[0]?.queues, ["b"]);
    assert.deepEqual(reader.read("toRouter", ack(3, true))[0]?.queues, ["a", "c"]);
  });

  it("knows which queue an ack is about", () => {
    const reader = new FrameReader();
    reader.read("toBroker", Buffer.concat([HELLO, OPEN, CONSUME]));
    assert.deepEqual(reader.read("toBroker", ack(1, false))[0]?.queues, ["orders"]);
  });

  it("tells a publish into the delay ladder from one into the queue itself", () => {
    const reader = new FrameReader();
    const delayed = publish("busbar.delay.0", `${"0.".repeat(16)}1.busbar.function.stock`);
    const frames = reader.read("toBroker", Buffer.concat([HELLO, delayed]));
    assert.deepEqual(frames[1]?.queues, ["delayed busbar.function.stock"]);
  });
});
