import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { declarationOf, PARKED_QUEUE } from "../../../../src/domain/queue/queues.ts";
import { ArchiveTables } from "../../../../src/edge/sqlite/archive/archive-tables.ts";
import { openDatabase } from "../../../../src/edge/sqlite/database.ts";
import { Dispatcher } from "../../../../src/edge/sqlite/broker/consuming/dispatcher.ts";
import { GroupCommit } from "../../../../src/edge/sqlite/broker/group-commit.ts";
import { pack } from "../../../../src/edge/sqlite/broker/messages/message.ts";
import type { FromWorker, BrokerCall } from "../../../../src/edge/sqlite/broker/protocol.ts";
import { MessageTables } from "../../../../src/edge/sqlite/broker/messages/message-tables.ts";

const QUEUE = "busbar.function.work";
const HOUR_MS = 3_600_000;
/** SQLite's result code for a disk that is full. */
const SQLITE_FULL = 13;

/** What the worker thread has, in this thread. */
function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "busbar-store-"));
  const database = openDatabase(folder, undefined);
  t.after(() => {
    if (database.isOpen) database.close();
    rmSync(folder, { recursive: true });
  });
  const store = new MessageTables(database, new ArchiveTables(database));
  store.declare([declarationOf(QUEUE)]);
  const add = (ids: readonly string[], bytes = 2, dueAtMs?: number): void => {
    store.add(pack(ids.map((id) => ({ queue: QUEUE, id, body: Buffer.alloc(bytes), headers: {} }))), dueAtMs);
  };
  return { database, store, dispatcher: new Dispatcher(store), add };
}

describe("the embedded store", () => {
  it("The store keeps nothing of a message that was acked", (t) => {
    const { database, store, add } = open(t);
    add(["a", "b"]);
    const [acked] = store.peek(store.queue(QUEUE)!, 1);
    store.remove(acked!.sequence);
    const rows = database.prepare("SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM contents)").get();
    assert.deepEqual(Object.values(rows ?? {}), [1, 1]);
  });

  it("The store parks a message that a consumer held at each of as many crashes as its queue allows, and one more", (t) => {
    const { store, add } = open(t);
    const queue = store.queue(QUEUE)!;
    const crashesMax = declarationOf(QUEUE).parking!.crashesMax;
    add(["poison"]);
    for (let crashes = 0; crashes < crashesMax; crashes++) {
      assert.deepEqual(
        store.handOut(queue, 1, 1, 100).map((message) => message.crashes),
        [crashes],
      );
      store.recover();
    }
    store.handOut(queue, 1, 1, 100);
    store.recover();
    const [parked] = store.peek(store.queue(PARKED_QUEUE)!, 10);
    assert.deepEqual([store.countReady(queue), parked?.id, parked?.crashes], [0, "poison", 0]);
  });

  it("The store hands out messages until they reach the limit of bytes, and one at least", (t) => {
    const { store, add } = open(t);
    add(["a", "b", "c"], 60);
    const handOut = (bytesMax: number) => store.handOut(store.queue(QUEUE)!, 1, 10, bytesMax).map(({ id }) => id);
    assert.deepEqual([handOut(100), handOut(1)], [["a", "b"], ["c"]]);
  });
});

describe("the embedded store's dispatcher", () => {
  it("The dispatcher hands out a queue of large messages to its end, some each turn", (t) => {
    const { dispatcher, add } = open(t);
    add(["a", "b", "c"], 60);
    dispatcher.subscribe({ consumer: 1, queue: QUEUE, limit: 10, once: false });
    const turns: string[][] = [];
    while (dispatcher.hasMore && turns.length < 9)
      turns.push(dispatcher.dispatch(60).handedOut.map(({ message }) => message.id));
    assert.deepEqual(turns.flat(), ["a", "b", "c"]);
    assert.deepEqual(turns[0], ["a"]);
  });

  it("The dispatcher gives a consumer no more than its limit, and what others hold does not count", (t) => {
    const { dispatcher, add } = open(t);
    add(["a", "b", "c", "d"]);
    const idsOf = (consumer: number) =>
      dispatcher.dispatch(1_000).handedOut.flatMap((out) => (out.consumer === consumer ? [out.message.id] : []));
    dispatcher.subscribe({ consumer: 1, queue: QUEUE, limit: 2, once: false });
    assert.deepEqual(idsOf(1), ["a", "b"]);
    dispatcher.wake(QUEUE);
    assert.deepEqual(idsOf(1), []);
    dispatcher.subscribe({ consumer: 2, queue: QUEUE, limit: 1, once: false });
    assert.deepEqual(idsOf(2), ["c"]);
  });
});

describe("the embedded store's dispatcher, with several consumers", () => {
  const CONTAINER_QUEUE = "busbar.container.work";

  it("The dispatcher serves one consumer at a time of a queue with a single active consumer, and then the next", (t) => {
    const { store, dispatcher } = open(t);
    store.declare([declarationOf(CONTAINER_QUEUE)]);
    const add = (id: string): void => {
      store.add(pack([{ queue: CONTAINER_QUEUE, id, body: Buffer.alloc(2), headers: {} }]), undefined);
      dispatcher.wake(CONTAINER_QUEUE);
    };
    const dispatch = () =>
      dispatcher.dispatch(100).handedOut.map(({ consumer, message }) => `${message.id} to ${consumer}`);
    for (const consumer of [1, 2]) dispatcher.subscribe({ consumer, queue: CONTAINER_QUEUE, limit: 1, once: false });
    add("a");
    add("b");
    assert.deepEqual(dispatch(), ["a to 1"]);
    dispatcher.unsubscribe(1);
    assert.deepEqual(dispatch(), ["b to 2"]);
  });

  it("The dispatcher ends a take's subscription with its first message", (t) => {
    const { store, dispatcher, add } = open(t);
    add(["a", "b"]);
    dispatcher.subscribe({ consumer: 1, queue: QUEUE, limit: 1, once: true });
    const taken = dispatcher.dispatch(100);
    dispatcher.committed(taken);
    for (const { message } of taken.handedOut) store.remove(message.sequence);
    dispatcher.wake(QUEUE);
    const after = dispatcher.dispatch(100).handedOut;
    assert.deepEqual([taken.handedOut.length, after, dispatcher.countConsumers(QUEUE)], [1, [], 0]);
  });
});

describe("the embedded store's transactions", () => {
  /** A group commit whose calls the test performs, and what it sends. */
  function commits(t: TestContext, perform: (call: BrokerCall) => unknown = () => "done") {
    const parts = open(t);
    const sent: FromWorker[] = [];
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    const commit = new GroupCommit({
      ...parts,
      perform,
      weigh: () => 0,
      send: (message) => sent.push(message),
      closed: () => resolve(undefined),
    });
    const close = (): Promise<undefined> => {
      commit.close();
      return closed;
    };
    return { ...parts, commit, sent, close };
  }

  const callOf = (call: number, operation: BrokerCall["operation"] = "depth"): BrokerCall => ({
    call,
    operation,
    parameters: [QUEUE],
  });

  it("A call that fails does not take along the others of its transaction", async (t) => {
    const { commit, sent, close } = commits(t, ({ call }) => {
      if (call === 2) throw new Error("it cannot be done");
      return "done";
    });
    for (const call of [1, 2, 3]) commit.add(callOf(call));
    await close();
    const answers = sent.flatMap((message) => ("call" in message ? [`${message.kind} ${message.call}`] : []));
    assert.deepEqual(answers, ["reply 1", "failure 2", "reply 3"]);
  });

  it("A full disk's room is kept for settling: messages to store are refused without a try", async (t) => {
    const performed: string[] = [];
    const { commit, sent, close } = commits(t, ({ call, operation }) => {
      performed.push(`${operation} ${call}`);
      if (operation === "store") throw Object.assign(new Error("full"), { errcode: SQLITE_FULL });
      return "done";
    });
    commit.add(callOf(1, "store"));
    await nextTurn();
    await nextTurn();
    commit.add(callOf(2, "store"));
    commit.add(callOf(3, "settle"));
    await close();
    assert.deepEqual(performed, ["store 1", "settle 3"]);
    const refused = sent.flatMap((message) => (message.kind === "failure" ? [[message.call, message.full]] : []));
    assert.deepEqual(refused, [
      [1, true],
      [2, true],
    ]);
  });

  it("A delayed message is due so much earlier when the clock is set back", async (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: 10 * HOUR_MS });
    const { store, add, commit, close } = commits(t);
    await nextTurn();
    add(["a"], 2, 11 * HOUR_MS);
    t.mock.timers.setTime(8 * HOUR_MS);
    commit.add(callOf(1));
    await nextTurn();
    await nextTurn();
    const dueInMs = (store.nextDueAtMs() ?? 0) - 8 * HOUR_MS;
    assert.ok(Math.abs(dueInMs - HOUR_MS) < 60_000, `due in ${dueInMs} ms`);
    await close();
  });
});
