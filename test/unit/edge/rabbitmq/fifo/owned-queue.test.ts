import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { describe, it, type TestContext } from "node:test";
import type { ConsumeMessage } from "amqplib";
import { FifoMemory } from "../../../../../src/edge/rabbitmq/fifo/book/fifo-memory.ts";
import { OwnedQueue } from "../../../../../src/edge/rabbitmq/fifo/owner/owned-queue.ts";
import { ScriptedChannel, ScriptedConnection } from "../../../../support/rabbitmq/scripted-channel.ts";

type Listener = (message: ConsumeMessage | null) => void;

/** A channel of a queue, whose consume is answered at once or never. */
class OwnerChannel extends ScriptedChannel {
  readonly #isAnswering: boolean;
  #deliver: Listener = () => undefined;

  constructor(isAnswering: boolean) {
    super();
    this.#isAnswering = isAnswering;
  }

  assertQueue(): Promise<object> {
    return Promise.resolve({});
  }

  override consume(queue: string, listener: Listener): Promise<{ consumerTag: string }> {
    this.#deliver = listener;
    const consumed = super.consume(queue, listener);
    return this.#isAnswering ? consumed : new Promise(() => undefined);
  }

  override close(): Promise<void> {
    this.frames.push("close");
    return super.close();
  }

  deliverBytes(id: string, content: Buffer): void {
    const fields = { deliveryTag: 1, redelivered: false, routingKey: "queue" };
    this.#deliver({ fields, properties: { messageId: id, headers: {} }, content } as unknown as ConsumeMessage);
  }
}

interface Given {
  readonly channels: OwnerChannel[];
  readonly isWanted?: boolean;
}

function ownedQueue(t: TestContext, { channels, isWanted = true }: Given) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const unwanted: string[] = [];
  const owned = new OwnedQueue({
    queue: "orders.fifo",
    connection: new ScriptedConnection(channels) as never,
    isWanted: () => isWanted,
    unwanted: () => void unwanted.push("orders.fifo"),
    // A router that does not hear the others yet.
    caughtUp: () => new Promise(() => undefined),
    memory: new FifoMemory(),
    owned: () => assert.fail("it owns the queue"),
    visibleAgain: () => assert.fail("something is visible again"),
    clock: () => 0,
    fault: () => undefined,
  });
  const pass = async (ms: number): Promise<void> => {
    for (let turns = 0; turns < 5; turns++) await turn();
    t.mock.timers.tick(ms);
    for (let turns = 0; turns < 5; turns++) await turn();
  };
  return { owned, unwanted, pass };
}

describe("a router's place in the line of a FIFO queue", () => {
  it("a consumer that RabbitMQ does not answer in time is closed, or it would be served and hand out nothing", async (t) => {
    const [silent, next] = [new OwnerChannel(false), new OwnerChannel(true)];
    const { owned, pass } = ownedQueue(t, { channels: [silent, next] });
    const starting = owned.start();
    await pass(10_000);
    await starting;
    assert.deepEqual(silent.frames, ["prefetch 2000", "consume orders.fifo", "close"]);
    await pass(1);
    assert.deepEqual(next.frames, ["prefetch 2000", "consume orders.fifo"]);
    await owned.end();
  });

  it("messages that are too large together are given back while the others are yet to be heard", async (t) => {
    const [first, next] = [new OwnerChannel(true), new OwnerChannel(true)];
    const { owned, pass } = ownedQueue(t, { channels: [first, next] });
    await owned.start();
    const content = Buffer.alloc(4 * 1_048_576);
    for (let n = 0; n < 64; n++) first.deliverBytes(`m-${n}`, content.subarray(0, 1_048_576));
    assert.ok(!first.frames.includes("close"), "64 MiB are in hand");
    first.deliverBytes("m-64", content);
    assert.equal(first.frames.at(-1), "close");
    await pass(1);
    assert.deepEqual(next.frames, ["prefetch 32", "consume orders.fifo"]);
    await owned.end();
  });

  it("a queue that is not to be there is left, and neither made nor tried again", async (t) => {
    const channel = new OwnerChannel(true);
    const { owned, unwanted, pass } = ownedQueue(t, { channels: [channel], isWanted: false });
    await owned.start();
    assert.deepEqual([channel.frames, unwanted], [["close"], ["orders.fifo"]]);
    await owned.end();
    await pass(60_000);
    assert.deepEqual(unwanted, ["orders.fifo"]);
  });
});
