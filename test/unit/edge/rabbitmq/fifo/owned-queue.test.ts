import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { describe, it, type TestContext } from "node:test";
import type { ConsumeMessage } from "amqplib";
import { FifoMemory } from "../../../../../src/edge/rabbitmq/fifo/book/fifo-memory.ts";
import { OwnedQueue } from "../../../../../src/edge/rabbitmq/fifo/owner/owned-queue.ts";
import { WindowBudget } from "../../../../../src/edge/rabbitmq/fifo/owner/window-budget.ts";
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
  readonly budget?: WindowBudget;
  /** Whether it hears the others. */
  readonly isHearing?: boolean;
}

const MIB = 1_048_576;

function ownedQueue(
  t: TestContext,
  { channels, isWanted = true, budget = new WindowBudget(), isHearing = false }: Given,
) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const unwanted: string[] = [];
  const unnamed: string[] = [];
  const time = { nowMs: 0 };
  const owned = new OwnedQueue({
    queue: "orders.fifo",
    connection: new ScriptedConnection(channels) as never,
    isWanted: () => isWanted,
    unwanted: () => void unwanted.push("orders.fifo"),
    // Never for a router that does not hear the others yet.
    caughtUp: () => (isHearing ? Promise.resolve() : new Promise(() => undefined)),
    memory: new FifoMemory(),
    deletedUnnamed: ({ key }) => void unnamed.push(key),
    budget,
    owned: () => assert.ok(isHearing, "it owns the queue"),
    visibleAgain: () => assert.fail("something is visible again"),
    clock: () => time.nowMs,
    fault: () => undefined,
  });
  const pass = async (ms: number): Promise<void> => {
    for (let turns = 0; turns < 5; turns++) await turn();
    t.mock.timers.tick(ms);
    for (let turns = 0; turns < 5; turns++) await turn();
  };
  return { owned, unwanted, unnamed, pass, time };
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

  it("where all queues of a router hold too much, the one that holds most begins again with fewer messages", async (t) => {
    const budget = new WindowBudget();
    const [small, large, next] = [new OwnerChannel(true), new OwnerChannel(true), new OwnerChannel(true)];
    const one = ownedQueue(t, { channels: [small], budget });
    t.mock.timers.reset();
    const other = ownedQueue(t, { channels: [large, next], budget });
    await Promise.all([one.owned.start(), other.owned.start()]);
    for (let n = 0; n < 40; n++) large.deliverBytes(`m-${n}`, Buffer.alloc(MIB));
    for (let n = 0; n < 24; n++) small.deliverBytes(`m-${n}`, Buffer.alloc(MIB));
    assert.ok(!large.frames.includes("close"), "64 MiB are in hand");
    small.deliverBytes("m-24", Buffer.alloc(1));
    assert.deepEqual([small.frames.at(-1), large.frames.at(-1)], ["consume orders.fifo", "close"]);
    await other.pass(1);
    assert.deepEqual(next.frames, ["prefetch 20", "consume orders.fifo"]);
    for (let n = 0; n < 39; n++) small.deliverBytes(`n-${n}`, Buffer.alloc(MIB));
    assert.equal(small.frames.at(-1), "consume orders.fifo", "what was given back leaves its room");
    await Promise.all([one.owned.end(), other.owned.end()]);
  });

  it("a queue that this router has left counts no more, also where a receive of it ends later", async (t) => {
    const budget = new WindowBudget();
    const [left, kept] = [new OwnerChannel(true), new OwnerChannel(true)];
    const one = ownedQueue(t, { channels: [left], budget });
    t.mock.timers.reset();
    const other = ownedQueue(t, { channels: [kept], budget });
    await Promise.all([one.owned.start(), other.owned.start()]);
    for (let n = 0; n < 30; n++) left.deliverBytes(`m-${n}`, Buffer.alloc(MIB));
    await one.owned.end();
    one.owned.touch();
    for (let n = 0; n < 40; n++) kept.deliverBytes(`m-${n}`, Buffer.alloc(MIB));
    assert.equal(kept.frames.at(-1), "consume orders.fifo");
    await other.owned.end();
  });

  it("a queue with fewer messages has as many as before once it is empty, a minute later", async (t) => {
    const [first, narrow, wide] = [new OwnerChannel(true), new OwnerChannel(true), new OwnerChannel(true)];
    const { owned, pass, time } = ownedQueue(t, { channels: [first, narrow, wide], isHearing: true });
    await owned.start();
    for (let n = 0; n < 65; n++) first.deliverBytes(`m-${n}`, Buffer.alloc(MIB));
    await pass(1);
    assert.equal(narrow.frames[0], "prefetch 32");
    for (const nowMs of [59_000, 60_000]) {
      narrow.deliverBytes(`at ${nowMs}`, Buffer.alloc(1));
      await pass(1);
      time.nowMs = nowMs;
      for (const message of owned.book.all()) owned.done(message);
      owned.touch();
      assert.equal(narrow.frames.includes("close"), nowMs === 60_000);
    }
    await pass(1_000);
    assert.equal(wide.frames[0], "prefetch 2000");
    await owned.end();
  });

  it("what another owner gives back stays invisible here, though it counts the same receive", async (t) => {
    const channel = new OwnerChannel(true);
    const { owned, pass } = ownedQueue(t, { channels: [channel], isHearing: true });
    await owned.start();
    channel.deliverBytes("m", Buffer.from("m"));
    await pass(1);
    const [message] = [...owned.book.all()];
    Object.assign(message!, { receives: 1, session: "this owner's" });
    owned.book.hide(message!, 30_000);
    owned.returned({ key: message!.key, receives: 1, session: "another's" });
    assert.equal(message!.visibleAtMs, 30_000);
    owned.returned({ key: message!.key, receives: 1, session: "this owner's" });
    assert.equal(message!.visibleAtMs, undefined);
    await owned.end();
  });

  it("what the log says is deleted is acked, unless the log has not by which key it counts as sent", async (t) => {
    const channel = new OwnerChannel(true);
    const { owned, unnamed, pass } = ownedQueue(t, { channels: [channel], isHearing: true });
    await owned.start();
    for (const id of ["named", "unnamed"]) channel.deliverBytes(id, Buffer.from(id));
    await pass(1);
    const [named, other] = [...owned.book.all()].map(({ key }) => key);
    owned.deleted(named!, true);
    assert.equal(channel.frames.at(-1), "ack 1");
    channel.frames.pop();
    owned.deleted(other!, false);
    assert.deepEqual([channel.frames.at(-1), unnamed, owned.book.size], ["consume orders.fifo", [other], 0]);
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
