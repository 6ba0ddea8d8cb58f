import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import type { BrokerEvents } from "../../../src/ports/broker/broker.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";
import { PARKED_QUEUE, SUSPECT_QUEUE, declarationOf } from "../../../src/domain/queue/queues.ts";
import {
  openSqliteBroker,
  type SqliteBroker,
  type SqliteBrokerOptions,
} from "../../../src/edge/sqlite/broker/broker.ts";
import type { Fixture } from "../broker/broker-case.ts";
import { brokerContract } from "../broker/broker-contract.ts";
import { holdsContract } from "../broker/holds-contract.ts";
import { collectGarbage } from "../broker/garbage.ts";
import { eventually, Inbox, within } from "../waiting.ts";

const openFixture = async (t: TestContext): Promise<Fixture> => {
  const store = await temporaryStore(t);
  return {
    openBroker: (events) => store.open(events),
    async crash(broker) {
      await store.opened.find((opened) => opened === broker)?.abandon();
    },
  };
};

brokerContract("SQLite", openFixture);
holdsContract("SQLite", openFixture, { keepsOrder: true, isImmediate: true });

const QUEUE = "busbar.function.work";

describe("SQLite alone", () => {
  it("refuses a folder that is in use, and names it", async (t) => {
    const store = await temporaryStore(t);
    await store.open();
    await assert.rejects(store.open(), (error) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /is in use by another Busbar/);
      assert.ok(error.message.includes(store.folder));
      return true;
    });
  });

  it("refuses a folder that another process uses, until that process is killed", { timeout: 30_000 }, async (t) => {
    const store = await temporaryStore(t);
    const child = publishingChild(t, store.folder);
    await child.confirmed(1);
    await assert.rejects(store.open(), /is in use by another Busbar/);
    await child.kill();
    await store.open();
  });

  it("has every message that a killed process saw confirmed", { timeout: 60_000 }, async (t) => {
    const store = await temporaryStore(t);
    const confirmed: string[] = [];
    for (let round = 0; round < 3; round++) {
      const child = publishingChild(t, store.folder);
      await child.confirmed(300);
      await child.kill();
      confirmed.push(...child.ids);
    }
    const broker = await store.open();
    const inbox = new Inbox();
    const { ready } = (await broker.depth(QUEUE))!;
    await broker.consume(QUEUE, 100, inbox.handler);
    await inbox.has(ready);
    const stored = new Set(inbox.ids);
    assert.equal(stored.size, ready, "each once");
    assert.deepEqual(
      confirmed.filter((id) => !stored.has(id)),
      [],
    );
  });

  it("parks a message of ours after its crashes, and never one of theirs", { timeout: 60_000 }, async (t) => {
    const store = await temporaryStore(t);
    let broker = await store.open();
    const limits = { [SUSPECT_QUEUE]: 2, [QUEUE]: 20, orders: Infinity };
    const queues = Object.keys(limits);
    await broker.declare([declarationOf(QUEUE), declarationOf("orders")]);
    await broker.publish(queues.map((queue) => message(`poison of ${queue}`, queue)));
    for (let crashes = 0; crashes <= 21; crashes++) {
      for (const [queue, limit] of Object.entries(limits)) {
        const depth = await broker.depth(queue);
        assert.equal(depth?.ready, crashes > limit ? 0 : 1, `${queue} after ${crashes} crashes`);
        if (depth.ready === 0) continue;
        const taken = await within("taken", broker.take(queue, new AbortController().signal));
        assert.equal(taken?.message.crashes, crashes);
      }
      await broker.abandon();
      broker = await store.open();
    }
    const parked = await broker.peek(PARKED_QUEUE, 10);
    assert.deepEqual(parked.map(({ id }) => id).toSorted(), [`poison of ${QUEUE}`, `poison of ${SUSPECT_QUEUE}`]);
    const origins = parked.map(({ headers }) => headers["x-first-death-queue"]);
    assert.deepEqual(origins.toSorted(), [QUEUE, SUSPECT_QUEUE]);
    assert.equal(parked[0]?.headers["x-first-death-reason"], "delivery_limit");
    assert.equal(parked[0].headers["busbar-attempt"], 1);
  });

  it("refuses to delay a message whose queue is missing", async (t) => {
    const broker = await (await temporaryStore(t)).open();
    await assert.rejects(broker.publish([message("lost", "nowhere")], { delayMs: 10 }), (error) => {
      assert.deepEqual((error as PublishError).failures, [{ index: 0, reason: "unroutable" }]);
      return true;
    });
  });

  it("refuses with a reason when the store is full, goes on settling, and recovers", { timeout: 30_000 }, async (t) => {
    const store = await temporaryStore(t);
    const told: string[] = [];
    const events = { blocked: (reason: string) => told.push(reason), unblocked: () => told.push("unblocked") };
    const broker = await store.open(events, { storeBytesMax: 4 * 1024 * 1024 });
    await broker.declare([declarationOf(QUEUE)]);
    const refused = await publishUntilRefused(broker);
    assert.ok(refused.failures.every(({ reason }) => reason === "full"));
    assert.equal(broker.state, "blocked");

    const inbox = new Inbox();
    await broker.consume(QUEUE, 1, inbox.handler);
    await eventually("room again", () => broker.state === "connected");
    await broker.publish([message("after")]);
    await eventually("the message after", () => inbox.ids.at(-1) === "after");
    assert.equal(new Set(inbox.ids).size, inbox.ids.length, "each once");
    assert.deepEqual(told, ["the disk is full", "unblocked"]);
  });

  it("stores a publish of 20 MiB, in order", { timeout: 30_000 }, async (t) => {
    const broker = await (await temporaryStore(t)).open();
    await broker.declare([declarationOf(QUEUE)]);
    const large = Array.from({ length: 20 }, (_, n) => ({
      ...message(`large-${n}`),
      body: Buffer.alloc(1024 * 1024, n),
    }));
    await broker.publish(large);
    const inbox = new Inbox();
    await broker.consume(QUEUE, 1, inbox.handler);
    await inbox.has(20);
    assert.deepEqual(
      inbox.received.map(({ id, body }) => [id, body.length, body[0]]),
      large.map(({ id }, n) => [id, 1024 * 1024, n]),
    );
  });

  it("answers a consumer or a peek of a missing queue with an error that names it", async (t) => {
    const broker = await (await temporaryStore(t)).open();
    await assert.rejects(
      broker.consume("nowhere", 1, () => Promise.resolve()),
      /there is no queue "nowhere"/,
    );
    await assert.rejects(broker.take("nowhere", new AbortController().signal), /there is no queue "nowhere"/);
    await assert.rejects(broker.peek("nowhere", 1), /there is no queue "nowhere"/);
    await broker.publish([message("still working", PARKED_QUEUE)]);
  });

  it("gives a message back at once when the consumer stops during the pause", async (t) => {
    const broker = await (await temporaryStore(t)).open();
    await broker.declare([declarationOf(QUEUE)]);
    let rejected = 0;
    const consumer = await broker.consume(QUEUE, 1, () => {
      rejected++;
      return Promise.reject(new Error("no"));
    });
    await broker.publish([message("back")]);
    await eventually("rejected", () => rejected === 1);
    await within("stopped before the pause is over", consumer.stop(), 900);
    const taken = await within("taken", broker.take(QUEUE, new AbortController().signal), 900);
    assert.equal(taken?.message.crashes, 0);
  });

  it("keeps nothing of a consumer that has stopped, or could not be made", async (t) => {
    const broker = await (await temporaryStore(t)).open();
    await broker.declare([declarationOf(QUEUE)]);
    const makeHandler = () => () => Promise.resolve();
    async function consumeAndStop(): Promise<WeakRef<object>> {
      const handler = makeHandler();
      await (await broker.consume(QUEUE, 1, handler)).stop();
      return new WeakRef(handler);
    }
    async function consumeNowhere(): Promise<WeakRef<object>> {
      const handler = makeHandler();
      await assert.rejects(broker.consume("nowhere", 1, handler));
      return new WeakRef(handler);
    }
    const handlers = [await consumeAndStop(), await consumeNowhere()];
    await eventually("both are collected", () => {
      collectGarbage();
      return handlers.every((handler) => handler.deref() === undefined);
    });
  });

  it("ends a take that waits when it closes", async (t) => {
    const broker = await (await temporaryStore(t)).open();
    const taking = broker.take(PARKED_QUEUE, new AbortController().signal);
    await broker.close();
    assert.equal(await within("given up", taking), undefined);
  });

  it("tells when it is connected, and when it is gone", async (t) => {
    const told: string[] = [];
    const store = await temporaryStore(t);
    const broker = await store.open({
      connected: () => told.push("connected"),
      disconnected: (error) => told.push(`disconnected ${String(error)}`),
    });
    await broker.close();
    await broker.close();
    assert.deepEqual(told, ["connected", "disconnected undefined"]);
  });
});

function message(id: string, queue = QUEUE): Message {
  return { queue, id, body: Buffer.from("{}"), headers: { "busbar-attempt": 1 } };
}

async function temporaryStore(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "busbar-sqlite-"));
  const opened: SqliteBroker[] = [];
  t.after(async () => {
    await Promise.all(opened.map((broker) => broker.close()));
    await rm(folder, { recursive: true });
  });
  async function open(events: Partial<BrokerEvents> = {}, options: Partial<SqliteBrokerOptions> = {}) {
    const broker = await openSqliteBroker({ folder, events, ...options });
    opened.push(broker);
    return broker;
  }
  return { folder, opened, open };
}

async function publishUntilRefused(broker: SqliteBroker): Promise<PublishError> {
  for (let n = 0; ; n++) {
    try {
      await broker.publish([{ ...message(`full-${n}`), body: Buffer.alloc(100_000) }]);
    } catch (error) {
      assert.ok(error instanceof PublishError);
      return error;
    }
    assert.ok(n < 100, "never full");
  }
}

/** A process that publishes in a loop, ten calls at once, and prints each id when it is confirmed. */
function publishingChild(t: TestContext, folder: string) {
  const broker = new URL("../../../src/edge/sqlite/broker/broker.ts", import.meta.url).href;
  const program = `
    const { openSqliteBroker } = await import(${JSON.stringify(broker)});
    const broker = await openSqliteBroker({ folder: ${JSON.stringify(folder)}, events: {} });
    const queue = ${JSON.stringify(QUEUE)};
    await broker.declare([${JSON.stringify(declarationOf(QUEUE))}]);
    const body = Buffer.alloc(1000);
    async function loop(n) {
      for (let i = 0; ; i++) {
        const id = process.pid + "-" + n + "-" + i;
        await broker.publish([{ queue, id, body, headers: {} }]);
        console.log(id);
      }
    }
    await Promise.all(Array.from({ length: 10 }, (_, n) => loop(n)));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const ids: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => ids.push(line));
  return {
    ids,
    confirmed: (count: number) => eventually(`${count} confirms in the child`, () => ids.length >= count),
    kill() {
      const closed = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      return within("the child's end", closed);
    },
  };
}
