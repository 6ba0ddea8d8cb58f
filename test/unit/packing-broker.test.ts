import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Message } from "../../src/domain/queue/message.ts";
import { memberCount, packOf } from "../../src/domain/queue/pack.ts";
import { packQueues } from "../../src/domain/queue/configured-queues.ts";
import { InFlightBytes } from "../../src/flow/budget/in-flight.ts";
import { PackQueues } from "../../src/flow/pack/pack-queues.ts";
import { PackRouters } from "../../src/flow/pack/pack-routers.ts";
import { PackingBroker } from "../../src/flow/pack/packing-broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Consumer, MessageHandler } from "../../src/ports/consumer.ts";
import type { Taken } from "../../src/ports/taker.ts";
import { sampleConfig, sampleFunction } from "../support/sample.ts";
import { turn } from "../support/scripted-consumers.ts";
import { ScriptedStorage } from "../support/scripted-storage.ts";

const QUEUE = "busbar.function.f";

function message(id: string): Message {
  return { queue: QUEUE, id, body: Buffer.from("{}"), headers: {} };
}

function setUp(taken: readonly Taken[] = []) {
  const storage = new ScriptedStorage();
  const left = [...taken];
  const consuming: { handler: MessageHandler } = { handler: () => Promise.reject(new Error("nobody consumes")) };
  const delayed: string[] = [];
  const waitsMs: number[] = [];
  const below = {
    declare: storage.declare.bind(storage),
    publish: storage.publish.bind(storage),
    take: () => Promise.resolve(left.shift()),
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
    onPacked: (members) => packed.push(members),
    steadyMs: () => 0,
    leave: new AbortController().signal,
    onStoreDelayed: ({ id }) => delayed.push(id),
    sleep: (ms) => {
      waitsMs.push(ms);
      storage.refusals.clear();
      return Promise.resolve();
    },
  });
  return { broker, storage, packed, consuming, delayed, waitsMs };
}

describe("A broker that packs", () => {
  it("stores what is published together as one message, and tells of it", async () => {
    const { broker, storage, packed } = setUp();
    await broker.publish([message("a"), message("b"), message("c")]);
    assert.deepEqual(storage.stored.map(memberCount), [3]);
    assert.deepEqual(packed, [3]);
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

  it("gives back what it took and could not take apart", async () => {
    const ends: string[] = [];
    const pack = { ...packOf("pack", QUEUE, [message("a"), message("b")]), crashes: 0 };
    const end = (what: string) => () => Promise.resolve(void ends.push(what));
    const { broker, storage } = setUp([{ message: pack, ack: end("acked"), giveBack: end("given back") }]);
    storage.refusals.set(QUEUE, "timeout");
    await assert.rejects(broker.take(QUEUE, new AbortController().signal));
    assert.deepEqual(ends, ["given back"]);
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
    assert.equal(queues.has(QUEUE), false);
    config = sampleConfig({ functions: [sampleFunction("f", { concurrency: 2 })] });
    assert.equal(queues.has(QUEUE), true);
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
