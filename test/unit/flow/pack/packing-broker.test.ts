import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Message, Received } from "../../../../src/domain/queue/message.ts";
import { memberCount, packOf } from "../../../../src/domain/queue/pack.ts";
import { PACK_ROUTERS_QUEUE } from "../../../../src/domain/queue/queues.ts";
import { packQueues } from "../../../../src/domain/queue/configured-queues.ts";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";
import { store } from "../../../../src/flow/store/store.ts";
import { PackQueues } from "../../../../src/flow/pack/pack-queues.ts";
import { PackRouters } from "../../../../src/flow/pack/pack-routers.ts";
import { PackingBroker } from "../../../../src/flow/pack/packing-broker.ts";
import type { Broker } from "../../../../src/ports/broker/broker.ts";
import type { Browsing } from "../../../../src/ports/broker/inspector.ts";
import type { Consumer, MessageHandler } from "../../../../src/ports/broker/consumer.ts";
import type { Taken } from "../../../../src/ports/broker/taker.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";
import { turn } from "../../../support/rabbitmq/scripted-consumers.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";

const QUEUE = "busbar.function.f";

function message(id: string): Message {
  return { queue: QUEUE, id, body: Buffer.from("{}"), headers: {} };
}

/** @param onWait called between two tries to store. By then the storage takes everything, if it is left out. */
function setUp(taken: readonly Taken[] = [], onWait?: (leave: AbortController) => void) {
  const storage = new ScriptedStorage();
  const left = [...taken];
  const consuming: { handler: MessageHandler } = { handler: () => Promise.reject(new Error("nobody consumes")) };
  const delayed: string[] = [];
  const waitsMs: number[] = [];
  const leave = new AbortController();
  const ends: string[] = [];
  const end = (what: string): Promise<void> => Promise.resolve(void ends.push(what));
  const below = {
    declare: storage.declare.bind(storage),
    publish: storage.publish.bind(storage),
    take: () => Promise.resolve(left.shift()),
    browse: (): Promise<Browsing> =>
      Promise.resolve({
        met: 1,
        next: () => Promise.resolve([{ message: packOfTwo(), remove: () => end("removed") }]),
        end: () => end("ended"),
      }),
    consume: (_queue: string, _limit: number, given: MessageHandler): Promise<Consumer> => {
      consuming.handler = given;
      const done = (): Promise<void> => Promise.resolve();
      return Promise.resolve({ pause: done, resume: done, stop: done });
    },
  };
  const packed: number[] = [];
  const broker = new PackingBroker(below as unknown as Broker, {
    mayPack: () => true,
    newId: () => "pack",
    inFlight: new InFlightBytes(1_000_000),
    onPacked: (_queue, members) => packed.push(members),
    steadyMs: () => 0,
    leave: leave.signal,
    onStoreDelayed: ({ id }) => delayed.push(id),
    sleep: (ms) => {
      waitsMs.push(ms);
      if (onWait === undefined) storage.refusals.clear();
      onWait?.(leave);
      return leave.signal.aborted ? Promise.reject(new Error("the stop ends")) : Promise.resolve();
    },
  });
  return { broker, storage, packed, consuming, delayed, waitsMs, ends };
}

function packOfTwo(): Received {
  return { ...packOf("pack", QUEUE, [message("a"), message("b")]), crashes: 0 };
}

describe("A broker that packs", () => {
  it("stores what is published together as one message, and tells of it", async () => {
    const { broker, storage, packed } = setUp();
    await broker.publish([message("a"), message("b"), message("c")]);
    assert.deepEqual(storage.stored.map(memberCount), [3]);
    assert.deepEqual(packed, [3]);
  });

  it("packs no delayed message with those that go at once", async () => {
    const { broker, storage } = setUp();
    const late = { delayMs: 5_000 };
    await store([message("a"), { ...message("b"), ...late }, message("c"), { ...message("d"), ...late }], broker);
    assert.deepEqual(storage.stored.map(memberCount), [2, 1, 1]);
    assert.deepEqual(storage.delaysMs, [undefined, 5_000, 5_000]);
  });

  it("stores a single message, and what is delayed, as they are", async () => {
    const { broker, storage, packed } = setUp();
    await broker.publish([message("a")]);
    await broker.publish([message("b"), message("c")], { delayMs: 1_000 });
    assert.deepEqual(storage.stored, [message("a"), message("b"), message("c")]);
    assert.deepEqual(storage.delaysMs, [undefined, 1_000, 1_000]);
    assert.deepEqual(packed, []);
  });

  it("holds a pack until the members that have not begun at a stop are stored: given back, it would count as crashed", async () => {
    const { broker, storage, consuming, delayed, waitsMs } = setUp();
    const consumer = await broker.consume(QUEUE, 2, () => Promise.resolve());
    await consumer.stop();
    storage.refusals.set(QUEUE, "timeout");
    const pack = { ...packOf("pack", QUEUE, [message("a"), message("b")]), crashes: 0 };
    await consuming.handler(pack, new AbortController().signal);
    assert.deepEqual(storage.stored, [message("a"), message("b")]);
    assert.deepEqual(delayed, ["a", "b"]);
    assert.deepEqual(waitsMs, [1_000, 1_000]);
  });

  it("acks a pack that it took, once its members are stored alone", async () => {
    const ends: string[] = [];
    const pack = { ...packOf("pack", QUEUE, [message("a"), message("b")]), crashes: 0 };
    const end = (what: string) => () => Promise.resolve(void ends.push(`${what} with ${storage.stored.length} stored`));
    const { broker, storage } = setUp([{ message: pack, ack: end("acked"), giveBack: end("given back") }]);
    assert.equal(await broker.take(QUEUE, new AbortController().signal), undefined);
    assert.deepEqual(ends, ["acked with 2 stored"]);
    assert.deepEqual(storage.stored, [message("a"), message("b")]);
  });

  it("holds a pack that it took until its members are stored, and stores none of them twice", async () => {
    const ends: string[] = [];
    const end = (what: string) => () => Promise.resolve(void ends.push(`${what} with ${storage.stored.length} stored`));
    const { broker, storage, delayed, waitsMs } = setUp([
      { message: packOfTwo(), ack: end("acked"), giveBack: end("given back") },
    ]);
    storage.refusals.set("b", "refused");
    assert.equal(await broker.take(QUEUE, AbortSignal.abort()), undefined, "nobody waits for it any more");
    assert.deepEqual(ends, ["acked with 2 stored"]);
    assert.deepEqual(storage.stored, [message("a"), message("b")]);
    assert.deepEqual(delayed, ["a"]);
    assert.deepEqual(waitsMs, [1_000]);
  });

  it("gives back at the very end of a stop what it took and could not take apart", async () => {
    const ends: string[] = [];
    const end = (what: string) => () => Promise.resolve(void ends.push(what));
    const taken = { message: packOfTwo(), ack: end("acked"), giveBack: end("given back") };
    const { broker, storage } = setUp([taken], (leave) => leave.abort());
    storage.refusals.set(QUEUE, "timeout");
    await assert.rejects(broker.take(QUEUE, new AbortController().signal));
    assert.deepEqual(ends, ["given back"]);
  });

  it("removes a browsed pack once those that stay are stored alone, however often that is tried", async () => {
    const { broker, storage, ends } = setUp();
    storage.refusals.set("b", "timeout");
    const browsing = await broker.browse(QUEUE);
    const [first] = await browsing.next(10);
    await first?.remove();
    await browsing.end();
    assert.deepEqual(storage.stored, [message("b")]);
    assert.deepEqual(ends, ["removed", "ended"]);
  });

  it("gives a browsed pack back and says so where those that stay are not stored within half a minute", async () => {
    const { broker, storage, ends, waitsMs } = setUp([], () => undefined);
    storage.refusals.set(QUEUE, "refused");
    const browsing = await broker.browse(QUEUE);
    const [first] = await browsing.next(10);
    await first?.remove();
    await assert.rejects(browsing.end(), /does not store 1 message/);
    assert.deepEqual(ends, ["ended"]);
    assert.deepEqual(waitsMs, [1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000, 5_000]);
  });
});

describe("The queues that have packs", () => {
  it("are those of functions that are called several at a time", () => {
    const url = "http://f.test/";
    const functions = [
      sampleFunction("http", { concurrency: 2 }),
      sampleFunction("process", { concurrency: 2, run: { kind: "process", command: ["true"] } }),
      sampleFunction("one-at-a-time", { concurrency: 1 }),
      sampleFunction("polls", { concurrency: 10, run: { kind: "runtimeApi" } }),
      sampleFunction("container", { concurrency: 10, run: { kind: "container", url } }),
    ];
    assert.deepEqual([...packQueues(sampleConfig({ functions }))], ["busbar.function.http", "busbar.function.process"]);
  });

  it("are those of the configuration in force", () => {
    let config = sampleConfig({ functions: [] });
    const queues = new PackQueues(() => config);
    assert.equal(queues.kindOf(QUEUE), undefined);
    config = sampleConfig({ functions: [sampleFunction("f", { concurrency: 2 })] });
    assert.equal(queues.kindOf(QUEUE), "deliveries");
    config = sampleConfig({ archives: [{ name: "all", bus: "default", retention: { days: 7 } }] });
    assert.equal(queues.kindOf("busbar.archive.7d.0b.all"), "archived events");
    assert.equal(queues.kindOf("busbar.archive.0d.0b.all"), undefined, "a former stream gets no events");
  });
});

/** A router that counts when the test says so. */
async function startCounting() {
  const consumers = { all: 2, knowing: 2 };
  const state = { isAway: false };
  const changes: boolean[] = [];
  const waitsMs: number[] = [];
  let wake = (): void => undefined;
  const done = (): Promise<void> => Promise.resolve();
  const routers = new PackRouters({
    queue: PACK_ROUTERS_QUEUE,
    broker: {
      declare: done,
      publish: done,
      consume: () => Promise.resolve({ pause: done, resume: done, stop: done }),
      depth: (queue) => {
        const count = queue === "busbar.undeliverable" ? consumers.all : consumers.knowing;
        return state.isAway ? Promise.reject(new Error("away")) : Promise.resolve({ ready: 0, consumers: count });
      },
    },
    onChange: (areAll) => changes.push(areAll),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        waitsMs.push(ms);
        wake = resolve;
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  });
  const count = async (): Promise<boolean> => {
    wake();
    await turn();
    return routers.areAll;
  };
  await routers.start();
  await turn();
  return { routers, consumers, state, changes, waitsMs, count };
}

describe("The count of routers that know packs", () => {
  it("is not all while the broker does not answer, and tells each change once", async () => {
    const { routers, consumers, state, changes, count } = await startCounting();
    assert.equal(routers.areAll, true);
    await count();
    state.isAway = true;
    assert.equal(await count(), false);
    state.isAway = false;
    await count();
    assert.equal(await count(), true);
    consumers.all = 3;
    await count();
    assert.deepEqual(changes, [true, false, true, false]);
    await routers.stop();
  });

  it("is not all until an earlier version that lost its connection has had time to come back", async () => {
    const { routers, consumers, waitsMs, count } = await startCounting();
    consumers.all = 3;
    assert.equal(await count(), false);
    consumers.all = 2;
    assert.equal(await count(), false, "the earlier version may be connecting");
    assert.equal(waitsMs.at(-1), 15_000);
    consumers.all = 3;
    assert.equal(await count(), false);
    consumers.all = 2;
    assert.equal(await count(), false);
    assert.equal(await count(), true, "the earlier version has gone");
    await routers.stop();
  });
});
