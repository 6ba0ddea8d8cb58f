import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Channel, ConsumeMessage } from "amqplib";
import { Acks } from "../../../../src/edge/rabbitmq/consuming/acks.ts";

/** Notes the frames; the contract suites send them to a real broker. */
class RecordingChannel {
  readonly frames: string[] = [];
  isClosed = false;

  ack({ fields }: ConsumeMessage, allUpTo = false): void {
    this.#send(`ack ${allUpTo ? "up to " : ""}${fields.deliveryTag}`);
  }

  nack({ fields }: ConsumeMessage, allUpTo: boolean, requeue: boolean): void {
    this.#send(`nack ${fields.deliveryTag} ${allUpTo} ${requeue}`);
  }

  #send(frame: string): void {
    if (this.isClosed) throw new Error("the channel is closed");
    this.frames.push(frame);
  }
}

function message(deliveryTag: number): ConsumeMessage {
  return { fields: { deliveryTag } } as ConsumeMessage;
}

function acksOf(count: number): { channel: RecordingChannel; acks: Acks; messages: ConsumeMessage[] } {
  const channel = new RecordingChannel();
  const acks = new Acks(channel as unknown as Channel);
  const messages = Array.from({ length: count }, (_, index) => message(index + 1));
  for (const each of messages) acks.hold(each);
  return { channel, acks, messages };
}

function ackAll(acks: Acks, messages: readonly ConsumeMessage[], tags: readonly number[]): void {
  for (const each of messages) if (tags.includes(each.fields.deliveryTag)) acks.ack(each);
}

describe("Acks", () => {
  it("go in one frame for the oldest messages, whatever order they were done in", async () => {
    const { channel, acks, messages } = acksOf(3);
    ackAll(acks, messages.toReversed(), [1, 2, 3]);
    assert.deepEqual(channel.frames, []);
    await nextTurn();
    assert.deepEqual(channel.frames, ["ack up to 3"]);
  });

  it("go one by one for what overtook a message that is still at work", async () => {
    const { channel, acks, messages } = acksOf(5);
    ackAll(acks, messages, [1, 3, 5]);
    await nextTurn();
    assert.deepEqual(channel.frames, ["ack up to 1", "ack 3", "ack 5"]);
    ackAll(acks, messages, [2, 4]);
    await nextTurn();
    assert.deepEqual(channel.frames.slice(3), ["ack up to 4"]);
  });

  it("do not take along what was given back", async () => {
    const { channel, acks, messages } = acksOf(3);
    ackAll(acks, messages, [1, 3]);
    acks.nack(message(2));
    await nextTurn();
    assert.deepEqual(channel.frames, ["nack 2 false true", "ack up to 3"]);
  });

  it("are sent at once when asked for, and not again", async () => {
    const { channel, acks, messages } = acksOf(1);
    ackAll(acks, messages, [1]);
    acks.flush();
    await nextTurn();
    assert.deepEqual(channel.frames, ["ack up to 1"]);
  });

  it("are forgotten with their channel: the broker hands the messages out again", async () => {
    const { channel, acks, messages } = acksOf(2);
    channel.isClosed = true;
    ackAll(acks, messages, [1]);
    acks.nack(message(2));
    await nextTurn();
    assert.deepEqual(channel.frames, []);
  });
});
