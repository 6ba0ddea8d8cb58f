import assert from "node:assert/strict";
import { describe } from "node:test";
import { HEADER } from "../../../src/domain/delivery/headers.ts";
import { fifoHeaders } from "../../../src/domain/queue/fifo.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { FifoGetOptions, FifoQueues } from "../../../src/ports/broker/fifo-queues.ts";
import type { HeldMessage } from "../../../src/ports/broker/holds.ts";
import { eventually, within } from "../waiting.ts";
import type { Fixture, OpenFixture } from "./broker-case.ts";
import { brokerCases } from "./broker-case.ts";

export const FIFO = "orders.fifo";
export const FIFO_DEAD = "orders-dead.fifo";
/** Both are longer than any case takes. */
const LONG_MS = 20 * 60_000;
/** No message is delayed for more than 15 minutes. */
const DELAY_MS = 14 * 60_000;

/** What one driver keeps, and another does not. */
export interface FifoTraits {
  /** Receives, receipts and what was deduplicated survive that all routers die at once. */
  readonly keepsAll: boolean;
}

/** Messages in order: `FifoQueues`. */
export function fifoContract(name: string, open: OpenFixture, traits: FifoTraits): void {
  const brokerCase = brokerCases(open);
  const fifoCase = (title: string, run: (queue: TestFifo, broker: Broker, fixture: Fixture) => Promise<void>): void =>
    brokerCase(title, async (broker, fixture) => {
      const queue = await fifoOf(broker);
      // What the first receive takes its time for is there then, however busy the machine.
      await queue.send("g0-first");
      await queue.remove(...(await queue.until(1)));
      await run(queue, broker, fixture);
    });

  describe(`${name}: the groups of a FIFO queue`, () => {
    fifoCase("one receive has the messages of a group in order, then those of the next", async ({ send, get }) => {
      await send("g1-m1", "g2-m1", "g1-m2", "g1-m3");
      assert.deepEqual(bodies(await get({ limit: 10 })), ["g1-m1", "g1-m2", "g1-m3", "g2-m1"]);
    });

    fifoCase("a group is locked until all that was received of it is deleted", async ({ send, get, remove }) => {
      await send("g1-m1", "g1-m2", "g1-m3", "g2-m1");
      const [m1, m2] = await get({ limit: 2 });
      await send("g1-m4");
      assert.deepEqual(bodies(await get({ limit: 10 })), ["g2-m1"]);
      await remove(m1!);
      assert.deepEqual(await get({ limit: 10 }), [], "the second is in flight");
      await remove(m2!);
      assert.deepEqual(bodies(await get({ limit: 10 })), ["g1-m3", "g1-m4"]);
    });

    fifoCase("messages whose time is over come again in order, behind other groups", async ({ send, get, until }) => {
      await send("g1-m1", "g1-m2", "g2-m1", "g3-m1");
      const startedAtMs = Date.now();
      await get({ limit: 3, invisibleMs: 400 });
      const again = await until(4);
      assert.ok(Date.now() - startedAtMs >= 400, "never early");
      assert.deepEqual(bodies(again), ["g3-m1", "g1-m1", "g1-m2", "g2-m1"]);
      assert.deepEqual(
        again.map(({ receives }) => receives),
        [1, 2, 2, 2],
      );
    });

    fifoCase("a message that is given back goes behind other groups, and holds back its own", async (queue) => {
      const { send, get, giveBack } = queue;
      await send("g1-m1", "g1-m2", "g2-m1");
      const [m1] = await get();
      await giveBack(m1!);
      assert.deepEqual(bodies(await get({ limit: 10 })), ["g2-m1", "g1-m1", "g1-m2"]);
    });

    fifoCase("of two in flight the first that is given back comes alone", async ({ send, get, giveBack }) => {
      await send("g1-m1", "g1-m2", "g1-m3");
      const [m1] = await get({ limit: 2 });
      await giveBack(m1!);
      assert.deepEqual(bodies(await get({ limit: 10 })), ["g1-m1"]);
    });

    for (const hidden of [0, 1, 2]) {
      const before = ["g1-m1", "g1-m2", "g1-m3"].slice(0, hidden);
      fifoCase(`of three whose time is over, number ${hidden + 1} is hidden: only those before come`, async (queue) => {
        const { send, get, giveBack, fifo } = queue;
        await send("g1-m1", "g1-m2", "g1-m3");
        const three = await get({ limit: 3 });
        await fifo.hide(FIFO, [{ receipt: three[hidden]!.receipt, invisibleMs: LONG_MS }]);
        for (const [at, held] of three.entries()) if (at !== hidden) await giveBack(held);
        assert.deepEqual(bodies(await get({ limit: 10 })), before);
      });
    }

    fifoCase("a message received for no time is visible, and its group has had its turn", async ({ send, get }) => {
      await send("g1-m1", "g2-m1");
      assert.deepEqual(bodies(await get({ invisibleMs: 0 })), ["g1-m1"]);
      assert.deepEqual(bodies(await get({ limit: 10 })), ["g2-m1", "g1-m1"]);
    });

    fifoCase("a receive ends with the message that brings its bodies to the bound", async ({ send, get }) => {
      await send("g1-m1", "g1-m2");
      assert.deepEqual(bodies(await get({ limit: 10, bytesMax: 1 })), ["g1-m1"]);
    });

    fifoCase("a delay of the queue keeps the order", async ({ send, get, until, fifo }) => {
      await fifo.send([messageOf("g1-m1")], { delayMs: 5_000 });
      await send("g1-m2", "g2-m1");
      assert.deepEqual(bodies(await get({ limit: 10 })), ["g2-m1"]);
      assert.deepEqual(bodies(await until(2)), ["g1-m1", "g1-m2"]);
    });

    fifoCase("what was published by others has its group too", async ({ until }, broker) => {
      const headers = { [HEADER.messageGroupId]: "g1" };
      const both = ["g1-m1", "g1-m2"].map((id) => ({ queue: FIFO, id, body: Buffer.from(id), headers }));
      await broker.publish(both);
      await broker.publish([{ queue: FIFO, id: "none", body: Buffer.from("none"), headers: {} }]);
      assert.deepEqual(bodies(await until(3)), ["g1-m1", "g1-m2", "none"]);
    });

    fifoCase("sequence numbers rise, and are received", async ({ send, get }) => {
      const numbers = (await send("g1-m1", "g1-m2", "g1-m3")).map((sent) => sent.sequenceNumber);
      assert.ok(numbers.every((number) => /^\d{20}$/.test(number)));
      assert.deepEqual(numbers.toSorted(), numbers);
      assert.deepEqual(
        (await get({ limit: 3 })).map(({ sequenceNumber }) => sequenceNumber),
        numbers,
      );
    });
  });

  describe(`${name}: receipts of a FIFO queue`, () => {
    fifoCase("a receipt deletes while its time is not over, also where that was extended", async (queue) => {
      const { send, get, fifo, until } = queue;
      await send("g1-m1", "g2-m1");
      const [m1, m2] = await get({ limit: 2, invisibleMs: 3_000 });
      assert.deepEqual(await fifo.hide(FIFO, [{ receipt: m1!.receipt, invisibleMs: LONG_MS }]), ["changed"]);
      assert.deepEqual(bodies(await until(1, { invisibleMs: LONG_MS })), ["g2-m1"]);
      assert.deepEqual(await fifo.delete(FIFO, [m1!.receipt, m2!.receipt]), ["deleted", "expired"]);
      assert.deepEqual(await fifo.delete(FIFO, [m1!.receipt]), ["deleted"], "twice");
      assert.deepEqual(await fifo.hide(FIFO, [{ receipt: m1!.receipt, invisibleMs: 0 }]), ["gone"]);
      assert.deepEqual(await fifo.hide(FIFO, [{ receipt: m2!.receipt, invisibleMs: 0 }]), ["gone"]);
    });

    fifoCase("what is no receipt of the queue is malformed", async ({ send, get, fifo }) => {
      await send("g1-m1");
      const [held] = await get();
      const receipts = ["", "garbage", held!.receipt.slice(1), `${held!.receipt}A`];
      assert.deepEqual(
        await fifo.delete(FIFO, receipts),
        receipts.map(() => "malformed"),
      );
      assert.deepEqual(await fifo.delete(FIFO_DEAD, [held!.receipt]), ["malformed"]);
      assert.deepEqual(await fifo.hide(FIFO_DEAD, [{ receipt: held!.receipt, invisibleMs: 0 }]), ["malformed"]);
    });

    fifoCase("a message is hidden up to 12 hours since its receive", async ({ send, get, fifo }) => {
      await send("g1-m1");
      const [held] = await get();
      const changes = [fifo.invisibleMsMax + 1, LONG_MS].map((invisibleMs) => ({
        receipt: held!.receipt,
        invisibleMs,
      }));
      assert.deepEqual(await fifo.hide(FIFO, changes), ["too-long", "changed"]);
    });

    fifoCase("a request that is repeated has the same messages and receipts", async ({ send, get, fifo }) => {
      await send("g1-m1", "g1-m2", "g2-m1");
      const first = await get({ limit: 2, attemptId: "try" });
      const again = await get({ limit: 2, attemptId: "try" });
      assert.deepEqual(receiptsOf(again), receiptsOf(first));
      assert.deepEqual(
        again.map(({ receives }) => receives),
        [1, 1],
      );
      await fifo.delete(FIFO, [first[0]!.receipt]);
      assert.deepEqual(bodies(await get({ limit: 2, attemptId: "try" })), ["g2-m1"], "one is deleted: a new receive");
    });

    fifoCase("a repeated request after a change of visibility is a new one", async ({ send, get, fifo, giveBack }) => {
      await send("g1-m1");
      const [first] = await get({ attemptId: "try" });
      await fifo.hide(FIFO, [{ receipt: first!.receipt, invisibleMs: LONG_MS / 2 }]);
      assert.deepEqual(await get({ attemptId: "try" }), []);
      await giveBack(first!);
      assert.equal((await get({ attemptId: "try" }))[0]?.receives, 2);
    });

    if (traits.keepsAll) {
      fifoCase("locks, receipts, attempts and deduplication survive a crash", async (queue, broker, fixture) => {
        await queue.send("g1-m1", "g1-m2", "g2-m1");
        const held = await queue.get({ limit: 2, attemptId: "try" });
        await fixture.crash(broker);
        const after = await fifoOf(await fixture.openBroker());
        assert.deepEqual(receiptsOf(await after.get({ limit: 2, attemptId: "try" })), receiptsOf(held));
        assert.deepEqual(bodies(await after.get({ limit: 10 })), ["g2-m1"]);
        await after.remove(...held);
        await after.send("g1-m1", "g1-m3");
        assert.deepEqual(bodies(await after.get({ limit: 10 })), ["g1-m3"]);
      });
    }
  });

  describe(`${name}: deduplication in a FIFO queue`, () => {
    fifoCase("a duplicate is answered with the original, and not stored", async ({ fifo, get, remove }) => {
      const [first] = await fifo.send([messageOf("g1-m1", { id: "first" })]);
      const [second, other] = await fifo.send([messageOf("g1-m1", { id: "second" }), messageOf("g1-m2")]);
      assert.deepEqual(second, first);
      assert.notEqual(other?.sequenceNumber, first?.sequenceNumber);
      const held = await get({ limit: 10 });
      assert.deepEqual(bodies(held), ["g1-m1", "g1-m2"]);
      assert.equal(held[0]?.message.id, "first");
      await remove(...held);
      assert.deepEqual(await fifo.send([messageOf("g1-m1", { id: "third" })]), [first], "though it was deleted");
      assert.deepEqual(await get({ limit: 10 }), []);
    });

    fifoCase("two of one id in one batch are one", async ({ fifo, get }) => {
      const [one, two] = await fifo.send([messageOf("g1-m1"), messageOf("g1-m1", { id: "second" })]);
      assert.deepEqual(two, one);
      assert.deepEqual(bodies(await get({ limit: 10 })), ["g1-m1"]);
    });

    fifoCase("an id counts in the whole queue, or in each group", async ({ fifo, until, get }) => {
      const of = (group: string, scope: "queue" | "messageGroup") => messageOf(`${group}-same`, { key: "key", scope });
      await fifo.send([of("g1", "queue"), of("g2", "queue")]);
      assert.deepEqual(bodies(await until(1)), ["g1-same"]);
      // Ids of the queue still block where the scope is the group's now.
      await fifo.send([of("g3", "messageGroup")]);
      assert.deepEqual(await get(), []);
      const ofGroups = ["g1", "g2"].map((group) => messageOf(`${group}-own`, { key: "own", scope: "messageGroup" }));
      await fifo.send(ofGroups);
      assert.deepEqual(bodies(await until(1)), ["g2-own"], "the first one's group is locked");
    });

    fifoCase("what is published with an id is stored once too", async ({ until, get }, broker) => {
      await broker.publish([messageOf("g1-m1"), messageOf("g1-m1", { id: "second" })]);
      await broker.publish([messageOf("g1-m1", { id: "third" }), messageOf("g1-m2")]);
      assert.deepEqual(bodies(await until(2)), ["g1-m1", "g1-m2"]);
      assert.deepEqual(await get(), []);
    });

    fifoCase("a queue that is emptied has forgotten what was sent", async ({ send, get, until, fifo }) => {
      await send("g1-m1", "g2-m1");
      await get();
      await fifo.clear(FIFO);
      assert.deepEqual(await get(), []);
      await send("g1-m1");
      assert.deepEqual(bodies(await until(1)), ["g1-m1"]);
    });
  });

  describe(`${name}: redrive, retention, counts and the bell of a FIFO queue`, () => {
    fifoCase("a receive beyond the limit moves the message, and its group goes on", async (queue) => {
      const { send, get, giveBack, fifo } = queue;
      const redrive = { queue: FIFO_DEAD, receivesMax: 1 };
      await send("g1-m1", "g1-m2");
      await giveBack((await get({ redrive }))[0]!);
      assert.deepEqual(bodies(await get({ redrive, limit: 10 })), ["g1-m2"]);
      const options = { limit: 10, bytesMax: 1_000, invisibleMs: LONG_MS };
      let dead: readonly HeldMessage[] = [];
      await eventually("it is there", async () => (dead = (await fifo.getMany(FIFO_DEAD, options))!).length > 0);
      assert.deepEqual(bodies(dead), ["g1-m1"]);
      assert.equal(dead[0]?.receives, 2, "the count goes on");
      assert.equal(dead[0].message.headers[HEADER.deadLetterSource], FIFO);
      assert.equal(dead[0].message.headers[HEADER.messageGroupId], "g1");
    });

    fifoCase("what is older than the retention is not handed out", async ({ send, get, fifo }) => {
      await send("g1-m1", "g2-m1");
      assert.deepEqual(await get({ limit: 10, retentionMs: 0 }), []);
      await eventually("they are deleted", async () => (await fifo.counts(FIFO))?.visible === 0);
    });

    fifoCase("messages expire although they are in flight, and their group goes on", async (queue) => {
      const { send, get, fifo, until } = queue;
      await send("g1-m1");
      const [held] = await get();
      assert.equal(await fifo.expire(FIFO, LONG_MS), 0);
      assert.equal(await fifo.expire(FIFO, 0), 1);
      assert.deepEqual(await fifo.delete(FIFO, [held!.receipt]), ["deleted"]);
      await send("g1-m2");
      assert.deepEqual(bodies(await until(1)), ["g1-m2"]);
    });

    fifoCase("in flight is what was received, and not what is locked behind it", async ({ send, get, fifo }) => {
      await send("g1-m1", "g1-m2", "g1-m3");
      await fifo.send([messageOf("g2-m1")], { delayMs: DELAY_MS });
      await get();
      await eventually("counted", async () => {
        const counts = await fifo.counts(FIFO);
        return counts?.visible === 2 && counts.invisible === 1 && counts.delayed === 1;
      });
    });

    fifoCase("a queue that does not exist has nothing", async ({ fifo }) => {
      const options = { limit: 1, bytesMax: 1, invisibleMs: 0 };
      assert.equal(await fifo.getMany("nowhere.fifo", options), undefined);
      assert.equal(await fifo.counts("nowhere.fifo"), undefined);
      assert.equal(await within("answered", fifo.bell("nowhere.fifo", new AbortController().signal)), false);
      assert.deepEqual(await fifo.send([{ ...messageOf("g1-m1"), queue: "nowhere.fifo" }]), [undefined]);
    });

    fifoCase("the bell rings for what is sent, visible again, or no longer locked", async (queue) => {
      const { send, get, fifo, remove, giveBack } = queue;
      const ring = () => within("it rings", fifo.bell(FIFO, new AbortController().signal));
      await send("g1-m1", "g1-m2", "g1-m3");
      assert.equal(await ring(), true);
      let held = await get();
      for (const free of [remove, giveBack]) {
        const giving = new AbortController();
        const silent = fifo.bell(FIFO, giving.signal);
        await send(`g1-more-${free.name}`);
        giving.abort();
        assert.equal(await within("given up", silent), false, "the group is locked");
        const ringing = ring();
        await free(held[0]!);
        assert.equal(await ringing, true);
        held = await get();
        assert.equal(held.length, 1);
      }
      const ringing = ring();
      await send("g2-m1");
      assert.equal(await ringing, true);
    });
  });
}

export interface TestFifo {
  readonly fifo: FifoQueues;
  /** Sends messages named `GROUP-…`. */
  readonly send: (...names: string[]) => Promise<readonly { readonly id: string; readonly sequenceNumber: string }[]>;
  readonly get: (options?: Partial<FifoGetOptions>) => Promise<readonly HeldMessage[]>;
  /** Receives until there are so many. */
  readonly until: (count: number, options?: Partial<FifoGetOptions>) => Promise<readonly HeldMessage[]>;
  readonly remove: (...held: HeldMessage[]) => Promise<void>;
  readonly giveBack: (held: HeldMessage) => Promise<void>;
}

/** A FIFO queue and its dead-letter queue. */
export async function fifoOf(broker: Broker): Promise<TestFifo> {
  const { fifo } = broker;
  assert.ok(fifo);
  await broker.declare([declarationOf(FIFO), declarationOf(FIFO_DEAD)]);
  const usual: FifoGetOptions = { limit: 1, bytesMax: 1_048_576, invisibleMs: LONG_MS };
  const get: TestFifo["get"] = async (options) => (await fifo.getMany(FIFO, { ...usual, ...options }))!;
  return {
    fifo,
    get,
    send: async (...names) => {
      const sent = await fifo.send(names.map((name) => messageOf(name)));
      return sent.map((each) => each ?? assert.fail("not stored"));
    },
    until: async (count, options) => {
      const all: HeldMessage[] = [];
      await eventually(`${count} are there`, async () => {
        all.push(...(await get({ ...options, limit: count - all.length })));
        return all.length >= count;
      });
      return all;
    },
    remove: async (...held) => {
      const outcomes = await fifo.delete(FIFO, receiptsOf(held));
      assert.ok(outcomes.every((outcome) => outcome === "deleted"));
    },
    giveBack: async ({ receipt }) => {
      assert.deepEqual(await fifo.hide(FIFO, [{ receipt, invisibleMs: 0 }]), ["changed"]);
    },
  };
}

interface MessageTraits {
  readonly id: string;
  /** Its deduplication id. */
  readonly key: string;
  readonly scope: "queue" | "messageGroup";
}

/** A message of the group that its name begins with, deduplicated by its name. */
export function messageOf(name: string, given: Partial<MessageTraits> = {}): Message {
  const { id = name, key = name, scope = "queue" } = given;
  const groupId = name.slice(0, name.indexOf("-"));
  const headers = fifoHeaders({ name: FIFO, deduplicationScope: scope }, { groupId, deduplicationId: key });
  return { queue: FIFO, id, body: Buffer.from(name), headers: { ...headers, [HEADER.sentAt]: Date.now() } };
}

export function bodies(held: readonly HeldMessage[]): string[] {
  return held.map(({ message: { body } }) => body.toString());
}

function receiptsOf(held: readonly HeldMessage[]): string[] {
  return held.map(({ receipt }) => receipt);
}
