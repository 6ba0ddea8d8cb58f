import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { HoldBook } from "../../../../../src/edge/rabbitmq/holds/book/hold-book.ts";
import type { HoldChannel } from "../../../../../src/edge/rabbitmq/holds/receiving/hold-channel.ts";
import type { Arrived, HoldChannels } from "../../../../../src/edge/rabbitmq/holds/receiving/hold-channels.ts";
import { Receiver, type ReceiverOptions } from "../../../../../src/edge/rabbitmq/holds/receiving/receiver.ts";

const OPTIONS = { limit: 10, bytesMax: 2, invisibleMs: 60_000 };

describe("a receive on RabbitMQ", () => {
  it("does not hand out what it hears to be deleted while it puts back what does not fit", async () => {
    let isDeleted = false;
    const { receive, frames, book } = receiving({
      isDeleted: () => isDeleted,
      publish: () => {
        isDeleted = true;
        return Promise.resolve();
      },
    });
    assert.deepEqual(await receive(), []);
    assert.deepEqual([frames, book.size], [["ack 2", "ack 1"], 0]);
  });

  it("gives back what it cannot put back, and reports why, when the publish fails as nobody expects", async () => {
    const { receive, frames, faults } = receiving({ publish: () => Promise.reject(new TypeError("no")) });
    assert.equal((await receive()).length, 1);
    assert.deepEqual([frames, faults], [["nack 2"], ["no"]]);
  });
});

describe("how a receive on RabbitMQ takes messages", () => {
  it("a subscription takes what is a part of a backlog, and gets take the rest", async () => {
    for (const [limit, ready, asked] of [
      [10, 210, ["10 taken"]],
      [7, 207, ["7 taken"]],
      [10, 209, Array.from({ length: 10 }, () => "got")],
      [6, 10_000, Array.from({ length: 6 }, () => "got")],
      [33, 33, ["33 taken"]],
    ] as const) {
      const { receive, requests } = taking();
      await receive(limit, ready);
      assert.deepEqual(requests, asked, `${limit} of ${ready}`);
    }
  });

  it("receives at once count what the others have asked for, and no more when they have it", async () => {
    const { receive, requests } = taking();
    await Promise.all([receive(10, 220), receive(10, 220), receive(10, 220)]);
    assert.deepEqual(requests, ["10 taken", "10 taken", ...Array.from({ length: 10 }, () => "got")]);
    await receive(10, 210);
    assert.equal(requests.at(-1), "10 taken");
  });
});

/** A queue that has as many messages as are asked for, and a list of the requests that it sees. */
function taking() {
  const requests: string[] = [];
  let last = 0;
  // What is received comes back when its time is over, which may be before the process ends.
  const channel = { isOpen: true, ack: () => undefined, nack: () => undefined } as unknown as HoldChannel;
  const arrived = (): Arrived => {
    const fields = { deliveryTag: ++last };
    const raw = { fields, properties: { messageId: randomUUID(), headers: {} }, content: Buffer.from("{}") };
    return { channel, raw } as unknown as Arrived;
  };
  const channels = {
    get: () => {
      requests.push("got");
      return Promise.resolve(arrived());
    },
    getMany: (_queue: string, count: number) => {
      requests.push(`${count} taken`);
      return Promise.resolve(Array.from({ length: count }, arrived));
    },
  };
  const receiver = new Receiver({
    channels: channels as unknown as HoldChannels,
    book: new HoldBook(() => undefined),
    isDeleted: () => false,
    publish: () => Promise.resolve(),
    events: { receivedTooOften: () => undefined, fault: () => undefined },
    clock: Date.now,
  });
  const receive = (limit: number, ready: number) =>
    receiver.receive("orders", "0123456789abcdef", { ...OPTIONS, limit, bytesMax: 1_048_576 }, [], ready);
  return { receive, requests };
}

/** Two messages in a queue, of which an answer has room for one. */
function receiving(options: Partial<ReceiverOptions>) {
  const frames: string[] = [];
  const channel = {
    isOpen: true,
    ack: (tag: number) => frames.push(`ack ${tag}`),
    nack: (tag: number) => frames.push(`nack ${tag}`),
  } as unknown as HoldChannel;
  let last = 0;
  const get = (): Promise<Arrived> => {
    const fields = { deliveryTag: ++last };
    const raw = { fields, properties: { messageId: randomUUID(), headers: {} }, content: Buffer.from("{}") };
    return Promise.resolve({ channel, raw } as unknown as Arrived);
  };
  const book = new HoldBook(() => undefined);
  const faults: string[] = [];
  const receiver = new Receiver({
    channels: { get } as unknown as HoldChannels,
    book,
    isDeleted: () => false,
    publish: () => Promise.resolve(),
    events: { receivedTooOften: () => undefined, fault: (_message, error) => faults.push((error as Error).message) },
    clock: Date.now,
    ...options,
  });
  return { receive: () => receiver.receive("orders", "0123456789abcdef", OPTIONS, [], 2), frames, book, faults };
}
