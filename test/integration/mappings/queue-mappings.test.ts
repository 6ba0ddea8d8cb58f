import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { fifoHeaders } from "../../../src/domain/queue/fifo.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { eventually } from "../../contract/waiting.ts";
import { FAILED, MappingWorld, OK } from "./mapping-world.ts";

function configOf(mapping = "", queue = "visibilityTimeoutSeconds: 60", fn = "concurrency: 4"): string {
  return `
queues: { orders: { ${queue} } }
functions: { work: { http: { url: "http://localhost:1" }, timeoutSeconds: 1, ${fn} } }
eventSourceMappings: { orders-to-work: { queue: orders, function: work${mapping} } }
`;
}

function fifoConfig(batchSize: number, settings = "visibilityTimeoutSeconds: 60"): string {
  return `
queues: { orders.fifo: { fifo: true, ${settings} } }
functions: { work: { http: { url: "http://localhost:1" }, timeoutSeconds: 1, concurrency: 4 } }
eventSourceMappings: { orders-to-work: { queue: orders.fifo, function: work, batchSize: ${batchSize} } }
`;
}

function ofGroup(groupId: string, body: string): Message {
  const headers = fifoHeaders({ name: "orders.fifo" }, { groupId, deduplicationId: randomUUID() });
  return { queue: "orders.fifo", id: randomUUID(), body: Buffer.from(body), headers };
}

/** Each message is of the group that its first letter names. */
async function sendToGroups(world: MappingWorld, bodies: readonly string[]): Promise<void> {
  await world.broker.publish(bodies.map((body) => ofGroup(body.slice(0, 1), body)));
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

describe("An event source mapping of a queue", () => {
  it("calls with up to batchSize messages, and with all that are there", async (t) => {
    const world = await MappingWorld.start(t, configOf(", batchSize: 7, enabled: false"));
    await world.send("orders", numbers(20));
    assert.deepEqual(await world.left("orders"), [20, 0]);
    await world.follow(configOf(", batchSize: 7"));
    await eventually("all came", async () => (await world.left("orders")).join() === "0,0");
    const lengths = world.batches.map(({ length }) => length);
    assert.deepEqual(lengths, [7, 7, 6]);
    assert.deepEqual([...world.bodies].sort(), numbers(20).sort());
    assert.equal(world.inFlight.usedBytes, 0);
  });

  it("collects a batch for its window, or until it is full", async (t) => {
    const windowOf = (seconds: number) => configOf(`, batchSize: 5, maximumBatchingWindowInSeconds: ${seconds}`);
    const world = await MappingWorld.start(t, windowOf(4));
    await world.send("orders", ["a"]);
    await eventually("it is in hand", async () => (await world.left("orders"))[1] === 1);
    await world.send("orders", ["b"]);
    await eventually("the window is over", () => world.batches.length === 1);
    assert.deepEqual(world.batches[0], ["a", "b"]);
    // Longer than this test waits: only that it is full ends it.
    await world.follow(windowOf(300));
    await world.send("orders", numbers(5));
    await eventually("it is full", () => world.batches.length === 2);
    assert.equal(world.batches[1]?.length, 5);
  });

  it("calls with no more than 6 MB", async (t) => {
    const world = await MappingWorld.start(t, configOf(", batchSize: 100, maximumBatchingWindowInSeconds: 1"));
    await world.send(
      "orders",
      Array.from({ length: 8 }, () => "x".repeat(1_000_000)),
    );
    await eventually("all came", () => world.bodies.length === 8, 20_000);
    assert.ok(world.batches.length >= 2);
    for (const payload of world.payloads) assert.ok(payload.length < 6 * 1024 * 1024, `${payload.length} bytes`);
  });

  it("deletes what fits no filter at once, and calls nobody with it", async (t) => {
    const filters = ', filters: [{ body: { kind: [order], total: [{ numeric: [">", 10] }] } }, { body: [plain] }]';
    const world = await MappingWorld.start(t, configOf(filters));
    const order = (total: number) => JSON.stringify({ kind: "order", total });
    await world.send("orders", [order(11), order(10), "plain", "other", '{"kind":"other"}', '"plain"', "{broken"]);
    await eventually("all are gone", async () => (await world.left("orders")).join() === "0,0");
    assert.deepEqual([...world.bodies].sort(), ["plain", order(11)].sort());
    assert.ok(world.facts.includes("read 7, filtered 5"), world.facts.join());
  });

  it("calls with the messages of a FIFO queue's group one after the other, and a failed one makes its group wait", async (t) => {
    const world = await MappingWorld.start(t, fifoConfig(1), ([body]) => (body === "a1" ? FAILED : OK));
    await sendToGroups(world, ["a1", "b1", "a2", "b2", "a3"]);
    await eventually("the other group is done", async () => (await world.left("orders.fifo")).join() === "2,1");
    assert.deepEqual(
      world.bodies.filter((body) => body.startsWith("b")),
      ["b1", "b2"],
    );
    assert.deepEqual(
      world.bodies.filter((body) => body.startsWith("a")),
      ["a1"],
    );
  });

  it("calls again with a FIFO queue's failed message first, and then with those behind it", async (t) => {
    let calls = 0;
    const handle = () => (++calls === 1 ? FAILED : OK);
    const world = await MappingWorld.start(t, fifoConfig(10, "visibilityTimeoutSeconds: 2"), handle);
    await sendToGroups(world, ["a1", "a2"]);
    await eventually("they have failed", () =>
      world.facts.some((fact) => fact.endsWith("failed 2") || fact.endsWith("failed 1")),
    );
    await sendToGroups(world, ["a3"]);
    await eventually("all are done", async () => (await world.left("orders.fifo")).join() === "0,0", 20_000);
    assert.deepEqual(world.bodies.slice(-3), ["a1", "a2", "a3"]);
  });

  it("gives back what of a FIFO queue's receive has no room in a batch of 6 MB", async (t) => {
    // Each character takes six in JSON.
    const bodies = ["a", "b"].map((each) => each + "\u0001".repeat(900_000));
    let atOnce = 0;
    const handle = async () => {
      assert.equal(++atOnce, 1, "one call at a time");
      await eventually("the second is visible or gone", async () => (await world.left("orders.fifo"))[1] <= 1);
      atOnce -= 1;
      return OK;
    };
    const world: MappingWorld = await MappingWorld.start(
      t,
      fifoConfig(10).replace("function: work", "function: work, enabled: false"),
      handle,
    );
    await world.broker.publish(bodies.map((body) => ofGroup("one", body)));
    await world.follow(fifoConfig(10));
    await eventually("all are done", async () => (await world.left("orders.fifo")).join() === "0,0", 20_000);
    assert.deepEqual(
      world.batches.map((batch) => batch.map(([first]) => first)),
      [["a"], ["b"]],
    );
    assert.deepEqual(world.errors, []);
  });

  it("leaves what failed invisible, and deletes the rest", async (t) => {
    const world = await MappingWorld.start(t, configOf(", batchSize: 2"), ([first]) => (first === "bad" ? FAILED : OK));
    await world.send("orders", ["bad", "worse", "good", "better"]);
    await eventually("two are left", async () => (await world.left("orders")).join() === "0,2");
    assert.deepEqual(world.batches, [
      ["bad", "worse"],
      ["good", "better"],
    ]);
    assert.ok(world.facts.includes("called with 2, failed 2"));
  });

  it("receives nothing while its function is paused", async (t) => {
    const world = await MappingWorld.start(t, configOf());
    world.pause("function/work", true);
    await world.send("orders", ["a"]);
    await world.send("orders", ["b"]);
    assert.deepEqual(await world.left("orders"), [2, 0]);
    world.pause("function/work", false);
    await eventually("they come", async () => (await world.left("orders")).join() === "0,0");
    assert.match(world.payloads[0]!, /"ApproximateReceiveCount":"1"/);
  });

  it("gives back what it collected when its function is paused", async (t) => {
    const world = await MappingWorld.start(t, configOf(", maximumBatchingWindowInSeconds: 30"));
    await world.send("orders", ["a"]);
    await eventually("it is in hand", async () => (await world.left("orders")).join() === "0,1");
    world.pause("function/work", true);
    await eventually("it is back", async () => (await world.left("orders")).join() === "1,0");
    assert.equal(world.inFlight.usedBytes, 0);
  });

  it("receives nothing while the function's circuit is open", async (t) => {
    const broken = { ok: false, reason: "connection", message: "refused" } as const;
    const breaker = "concurrency: 4, circuitBreaker: { failureThreshold: 1, openSeconds: 60 }";
    const config = configOf(", batchSize: 1", "visibilityTimeoutSeconds: 3", breaker);
    const world = await MappingWorld.start(t, config, () => broken);
    await world.send("orders", numbers(10));
    await eventually("one failed", () => world.facts.includes("called with 1, failed 1"));
    await eventually("it is visible again", async () => (await world.left("orders"))[0] === 10);
    assert.equal(world.batches.length, 1);
  });

  it("calls a function that is out of order again with the same batch, as long as there is time", async (t) => {
    const outcomes = [{ ok: false, reason: "throttled", message: "busy" } as const, OK];
    const world = await MappingWorld.start(t, configOf(), () => outcomes.shift() ?? OK);
    await world.send("orders", ["a"]);
    await eventually("it is called again", () => world.batches.length === 2);
    await eventually("it is deleted", async () => (await world.left("orders")).join() === "0,0");
    assert.deepEqual(world.facts, ["read 1, filtered 0", "called with 1, failed 0"]);
  });

  it("makes maximumConcurrency calls at once, shared by the routers that run", async (t) => {
    let [running, most] = [0, 0];
    const release: (() => void)[] = [];
    const world = await MappingWorld.start(t, configOf(", batchSize: 1, enabled: false"), async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => release.push(resolve));
      running -= 1;
      return OK;
    });
    world.liveRouters = 2;
    await world.send("orders", numbers(8));
    await world.follow(configOf(", batchSize: 1, maximumConcurrency: 4"));
    await eventually("two run", () => running === 2);
    for (let called = 2; called < 8; called += 1) {
      release.shift()?.();
      await eventually("the next one runs", () => world.batches.length === called + 1);
    }
    for (const each of release) each();
    await eventually("all are deleted", async () => (await world.left("orders")).join() === "0,0");
    assert.equal(most, 2);
  });

  it("is called one at a time while all fails", async (t) => {
    let [running, most] = [0, 0];
    const world = await MappingWorld.start(t, configOf(", batchSize: 1"), async () => {
      running += 1;
      if (world.batches.length > 8) most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return FAILED;
    });
    await world.send("orders", numbers(30));
    await eventually("all failed", () => world.batches.length === 30);
    assert.equal(most, 1);
  });

  it("shows messages as Amazon MQ for RabbitMQ does where its format is rmq", async (t) => {
    const world = await MappingWorld.start(t, configOf(", format: rmq, filters: [{ data: { n: [1] } }]"));
    const headers = { kind: "order", n: 10 };
    const message = { queue: "orders", id: "m-1", headers };
    await world.broker.publish([{ ...message, body: Buffer.from('{"n":1}') }]);
    await world.broker.publish([{ ...message, body: Buffer.from('{"n":2}') }]);
    await eventually("both are gone", async () => (await world.left("orders")).join() === "0,0");
    assert.equal(world.batches.length, 1);
    const { eventSource, rmqMessagesByQueue } = JSON.parse(world.payloads[0]!) as Record<string, object>;
    assert.equal(eventSource, "aws:rmq");
    const [record] = (rmqMessagesByQueue as Record<string, { basicProperties: object }[]>)["orders::/"] ?? [];
    const { basicProperties, ...rest } = record!;
    assert.deepEqual(rest, { redelivered: false, data: Buffer.from('{"n":1}').toString("base64") });
    const { headers: shown, messageId, bodySize } = basicProperties as Record<string, unknown>;
    assert.deepEqual({ messageId, bodySize }, { messageId: "m-1", bodySize: 7 });
    assert.deepEqual(shown, { kind: { bytes: [...Buffer.from("order")] }, n: 10 });
  });

  it("gives back what it collected when it stops, and waits for its calls", async (t) => {
    let finish = (): void => undefined;
    const world = await MappingWorld.start(t, configOf(", batchSize: 2, maximumBatchingWindowInSeconds: 30"), () => {
      return new Promise((resolve) => (finish = () => resolve(OK)));
    });
    await world.send("orders", ["a", "b", "c"]);
    await eventually("one batch is called, another collected", async () => (await world.left("orders"))[1] === 3);
    await eventually("it is called", () => world.batches.length === 1);
    let isStopped = false;
    const stopped = world.stop().then(() => (isStopped = true));
    await eventually("the third is back", async () => (await world.left("orders")).join() === "1,2");
    assert.equal(isStopped, false);
    finish();
    await stopped;
    assert.deepEqual(await world.left("orders"), [1, 0]);
  });
});
