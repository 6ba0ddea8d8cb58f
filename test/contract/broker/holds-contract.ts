import assert from "node:assert/strict";
import { describe } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type {
  GetOptions,
  HeldMessage,
  HoldCounts,
  QueueHolds,
  ReceivedTooOftenFact,
} from "../../../src/ports/broker/holds.ts";
import { HEADER } from "../../../src/domain/delivery/headers.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import { eventually, within } from "../waiting.ts";
import { brokerCases, message, messages } from "./broker-case.ts";
import type { Fixture, OpenFixture } from "./broker-case.ts";

const ORDERS = "orders";
const DEAD = "orders-dead";
/** Longer than any case takes, and no longer than every driver can. */
const LONG_MS = 20 * 60_000;

/** What one driver does, and another only nearly. */
export interface HoldsTraits {
  /** What one receive hands out, and what one moves, is in the queue's order. */
  readonly keepsOrder: boolean;
  /** What is given back is visible, and counted, when that is answered. It is a moment later otherwise. */
  readonly isImmediate: boolean;
}

/** Hands out messages for a time: `QueueHolds`. */
export function holdsContract(name: string, open: OpenFixture, traits: HoldsTraits): void {
  const brokerCase = brokerCases(open);
  const holdsCase = (title: string, run: (queue: TestQueue, broker: Broker, fixture: Fixture) => Promise<void>): void =>
    brokerCase(title, async (broker, fixture) => run(await queueOf(broker), broker, fixture));

  const counted = async (holds: QueueHolds, expected: HoldCounts): Promise<void> => {
    const isCounted = async (): Promise<boolean> => isDeepStrictEqual(await holds.counts(ORDERS), expected);
    if (traits.isImmediate) assert.deepEqual(await holds.counts(ORDERS), expected);
    else await eventually(`${JSON.stringify(expected)} counted`, isCounted);
  };

  /** All three messages, in one receive where what was given back is visible at once. */
  const three = async (get: TestQueue["get"], options: Partial<GetOptions>): Promise<readonly HeldMessage[]> =>
    traits.isImmediate ? await get({ limit: 3, ...options }) : await getUntil(get, 3, options);

  /** Receives what is to be moved. */
  const moved = async (receive: () => Promise<unknown>, isMoved: () => boolean | Promise<boolean>): Promise<void> => {
    await receive();
    if (traits.isImmediate) return;
    await eventually("they are moved", async () => {
      await receive();
      return await isMoved();
    });
  };

  describe(`${name}: messages that are received for a time`, () => {
    holdsCase("a message that is received is invisible, and deleted for good", async ({ get, holds }) => {
      const [held] = await get();
      assert.deepEqual([held?.message.id, held?.receives], ["m-0", 1]);
      assert.match(held!.receipt, /^[\w-]{1,500}$/);
      assert.deepEqual(ids(await get()), ["m-1"]);
      assert.deepEqual(await holds.delete(ORDERS, [held!.receipt, held!.receipt]), ["deleted", "deleted"]);
      await eventually("two are left", async () => {
        const { visible, invisible } = (await holds.counts(ORDERS))!;
        return visible === 1 && invisible === 1;
      });
    });

    brokerCase("receives of hundreds at a time hand out each message once", async (broker) => {
      const sent = messages(700, ORDERS).map(sentNow);
      const { get, holds } = await queueOf(broker, sent);
      const received = await Promise.all([get({ limit: 400 }), get({ limit: 500 })]);
      const first = [...received.flat(), ...(await getUntil(get, 700 - received.flat().length, { limit: 100 }))];
      assert.deepEqual(ids(first).sort(), sent.map(({ id }) => id).sort());
      assert.ok(
        received.every((some) => some.length > 200),
        received.map((some) => some.length).join(),
      );
      assert.ok(first.every(({ receives }) => receives === 1));
      const receipts = first.map(({ receipt }) => receipt);
      assert.ok((await holds.delete(ORDERS, receipts)).every((outcome) => outcome === "deleted"));
      await counted(holds, { visible: 0, invisible: 0, delayed: 0 });
    });

    brokerCase("twenty that receive ten at a time empty a queue, and have each message once", async (broker) => {
      const sent = messages(700, ORDERS).map(sentNow);
      const { get, holds } = await queueOf(broker, sent);
      const all: HeldMessage[] = [];
      const receiveAndDelete = async (): Promise<void> => {
        for (let held = await get({ limit: 10 }); held.length > 0; held = await get({ limit: 10 })) {
          all.push(...held);
          await holds.delete(
            ORDERS,
            held.map(({ receipt }) => receipt),
          );
        }
      };
      await Promise.all(Array.from({ length: 20 }, receiveAndDelete));
      assert.deepEqual(ids(all).sort(), sent.map(({ id }) => id).sort());
      assert.ok(all.every(({ receives }) => receives === 1));
      await counted(holds, { visible: 0, invisible: 0, delayed: 0 });
    });

    brokerCase("what comes back by time, and what moves, is reported", async (first, fixture) => {
      await first.close();
      const returned: string[] = [];
      const tooOften: ReceivedTooOftenFact[] = [];
      const broker = await within(
        "opened",
        fixture.openBroker({
          visibleAgain: (queue, count, reason) => returned.push(`${queue} ${count} ${reason}`),
          receivedTooOften: (fact) => tooOften.push(fact),
        }),
      );
      const { get, holds } = await queueOf(broker, [sentNow(message("m-0", ORDERS))]);
      await get({ invisibleMs: 200 });
      assert.deepEqual(await holds.inFlight(), new Map([[ORDERS, 1]]));
      await eventually("it is back", () => Promise.resolve(returned.length > 0));
      assert.deepEqual(returned, [`${ORDERS} 1 time`]);
      assert.deepEqual(await holds.inFlight(), new Map());
      const redrive = { queue: DEAD, receivesMax: 1 };
      await moved(
        () => get({ redrive }),
        () => tooOften.length > 0,
      );
      assert.deepEqual(tooOften, [{ queue: ORDERS, deadLetterQueue: DEAD, messageId: "m-0", receives: 1 }]);
    });

    holdsCase("as many are handed out as are asked for, and fewer when they are large", async ({ get, holds }) => {
      const two = await get({ limit: 2 });
      assert.equal(two.length, 2);
      await giveBack(holds, two);
      assert.equal((await get({ limit: 10, bytesMax: 1 })).length, 1);
    });

    holdsCase("a message becomes visible when its time is over, and not before", async ({ get }) => {
      const startedAtMs = Date.now();
      await get({ limit: 3, invisibleMs: 400 });
      assert.deepEqual(await get(), []);
      const [again] = await getOne(get, {});
      assert.ok(Date.now() - startedAtMs >= 400, "never early");
      assert.equal(again?.receives, 2);
    });

    holdsCase("a message that is given back is visible at once, and its receives are counted", async (queue) => {
      for (const receives of [1, 2, 3]) {
        const held = await three(queue.get, {});
        assert.deepEqual(
          held.map((each) => each.receives),
          [receives, receives, receives],
        );
        await giveBack(queue.holds, held);
      }
      assert.equal((await getUntil(queue.get, 1, { invisibleMs: 0 }))[0]?.receives, 4);
      assert.equal((await three(queue.get, {})).length, 3, "received for no time, it is visible");
    });

    holdsCase("every receive has a receipt of its own, and an old one still deletes", async ({ get, holds }) => {
      const [first] = await get({ invisibleMs: 0 });
      const [second] = await get();
      assert.equal(first?.message.id, second?.message.id);
      assert.notEqual(first?.receipt, second?.receipt);
      assert.deepEqual(await holds.hide(ORDERS, [{ receipt: first!.receipt, invisibleMs: 0 }]), ["changed"]);
      assert.deepEqual(await holds.delete(ORDERS, [first!.receipt]), ["deleted"]);
      assert.deepEqual(await holds.hide(ORDERS, [{ receipt: second!.receipt, invisibleMs: 0 }]), ["gone"]);
    });

    holdsCase("a message is hidden for longer, up to the driver's limit since its receive", async ({ get, holds }) => {
      const [held] = await get({ limit: 3, invisibleMs: 300 });
      const receipt = held!.receipt;
      assert.deepEqual(await holds.hide(ORDERS, [{ receipt, invisibleMs: LONG_MS }]), ["changed"]);
      assert.deepEqual(await holds.hide(ORDERS, [{ receipt, invisibleMs: holds.invisibleMsMax + 1 }]), ["too-long"]);
      const back = await getUntil(get, 2);
      assert.ok(!ids(back).includes(held!.message.id));
      assert.deepEqual(await holds.hide(ORDERS, [{ receipt: back[0]!.receipt, invisibleMs: 0 }]), ["changed"]);
    });

    holdsCase("what is no receipt of the queue is malformed", async ({ get, holds }) => {
      const [held] = await get();
      const receipts = ["", "garbage", held!.receipt.slice(1), `${held!.receipt}A`];
      assert.deepEqual(
        await holds.delete(ORDERS, receipts),
        receipts.map(() => "malformed"),
      );
      assert.deepEqual(await holds.hide(DEAD, [{ receipt: held!.receipt, invisibleMs: 0 }]), ["malformed"]);
      assert.deepEqual(await holds.delete(DEAD, [held!.receipt]), ["malformed"]);
    });

    holdsCase("receives, receipts and times survive a crash", async ({ get }, broker, fixture) => {
      const held = await get({ limit: 2 });
      await fixture.crash(broker);
      const { get: getAgain, holds } = await queueOf(await fixture.openBroker(), []);
      assert.deepEqual(await holds.delete(ORDERS, [held[0]!.receipt]), ["deleted"]);
      await holds.hide(ORDERS, [{ receipt: held[1]!.receipt, invisibleMs: 0 }]);
      const again = await getUntil(getAgain, 2);
      const [first, second] = held.map(({ message: { id } }) => again.find(({ message }) => message.id === id));
      assert.equal(first, undefined, "deleted");
      assert.ok(second!.receives >= 2);
      assert.ok(second!.firstReceivedAtMs <= Date.now() && second!.sentAtMs <= second!.firstReceivedAtMs);
    });
  });

  describe(`${name}: redrive, retention, and emptying of a queue`, () => {
    holdsCase("a receive beyond the limit moves the message to the dead-letter queue", async ({ get, holds }) => {
      const redrive = { queue: DEAD, receivesMax: 2 };
      for (const receives of [1, 2]) {
        const held = await three(get, { redrive });
        assert.equal(held[0]?.receives, receives);
        await giveBack(holds, held);
      }
      await moved(
        async () => assert.deepEqual(await get({ limit: 3, redrive }), []),
        async () => (await holds.counts(DEAD))?.visible === 3,
      );
      const dead = (await holds.getMany(DEAD, { limit: 3, bytesMax: 1_000, invisibleMs: 1_000 }))!;
      assert.deepEqual(traits.keepsOrder ? ids(dead) : ids(dead).toSorted(), ["m-0", "m-1", "m-2"]);
      assert.equal(dead[0]?.receives, 3, "the count goes on");
      assert.equal(dead[0].message.headers["busbar-dead-letter-source"], ORDERS);
      assert.equal(dead[0].message.headers["busbar-attempt"], 1);
    });

    holdsCase("the bell of a dead-letter queue rings for what is moved there", async ({ get, holds }) => {
      const redrive = { queue: DEAD, receivesMax: 1 };
      await giveBack(holds, (await get({ limit: 3 })).slice(0, 1));
      let hasRung = false;
      const ringing = holds.bell(DEAD, new AbortController().signal).then((rung) => (hasRung = rung));
      await moved(
        async () => await get({ redrive }),
        () => hasRung,
      );
      assert.equal(await within("the bell rings", ringing), true);
    });

    holdsCase("what is older than the retention is not handed out", async ({ get, holds }) => {
      assert.deepEqual(await get({ limit: 3, retentionMs: 0 }), []);
      await eventually("they are deleted", async () => (await holds.counts(ORDERS))?.visible === 0);
    });

    holdsCase("messages expire although they are in flight", async ({ get, holds }) => {
      const [held] = await get();
      assert.equal(await holds.expire(ORDERS, LONG_MS), 0);
      assert.equal(await holds.expire(ORDERS, 0), 3);
      assert.deepEqual(await holds.hide(ORDERS, [{ receipt: held!.receipt, invisibleMs: 0 }]), ["gone"]);
      assert.deepEqual(await holds.delete(ORDERS, [held!.receipt]), ["deleted"]);
    });

    holdsCase("a queue is emptied of what is visible, in flight and delayed", async ({ get, holds }, broker) => {
      await get();
      await broker.publish([message("delayed", ORDERS)], { delayMs: LONG_MS });
      await counted(holds, { visible: 2, invisible: 1, delayed: 1 });
      // What was sent in the millisecond of the purge may have been sent after it, and stays.
      const sentByMs = Date.now();
      await eventually("a millisecond has passed", () => Date.now() > sentByMs);
      await holds.clear(ORDERS);
      await broker.publish([message("after", ORDERS)]);
      await counted(holds, { visible: 1, invisible: 0, delayed: 0 });
    });

    holdsCase("a queue that does not exist has nothing", async ({ holds }) => {
      const options = { limit: 1, bytesMax: 1, invisibleMs: 0 };
      assert.deepEqual(
        [await holds.getMany("nowhere", options), await holds.counts("nowhere")],
        [undefined, undefined],
      );
      assert.equal(await within("answered", holds.bell("nowhere", new AbortController().signal)), false);
    });
  });

  describe(`${name}: the bell of a queue`, () => {
    holdsCase("rings at once when a message is there", async ({ holds }) => {
      assert.equal(await within("it rings", holds.bell(ORDERS, new AbortController().signal)), true);
    });

    holdsCase("rings for what is sent, what becomes visible, and what was delayed", async ({ get, holds }, broker) => {
      const ring = () => within("it rings", holds.bell(ORDERS, new AbortController().signal));
      await get({ limit: 3, invisibleMs: LONG_MS });
      const causes = [
        () => broker.publish([message("sent", ORDERS)]),
        () => broker.publish([message("delayed", ORDERS)], { delayMs: 50 }),
        () => Promise.resolve(),
      ];
      for (const cause of causes) {
        const ringing = ring();
        await cause();
        assert.equal(await ringing, true);
        assert.equal((await getOne(get, { invisibleMs: cause === causes[1] ? 100 : LONG_MS })).length, 1);
      }
    });

    holdsCase("is silent when it is given up, and takes nothing", async ({ get, holds }, broker) => {
      await get({ limit: 3, invisibleMs: LONG_MS });
      const giving = new AbortController();
      const ringing = holds.bell(ORDERS, giving.signal);
      giving.abort();
      assert.equal(await within("given up", ringing), false);
      await broker.publish([message("late", ORDERS)]);
      assert.equal((await getOne(get, {}))[0]?.receives, 1);
    });
  });
}

interface TestQueue {
  readonly holds: QueueHolds;
  readonly get: (options?: Partial<GetOptions>) => Promise<readonly HeldMessage[]>;
}

/** A queue with three messages, and another one for dead letters. */
async function queueOf(broker: Broker, sent = messages(3, ORDERS).map(sentNow)): Promise<TestQueue> {
  const { holds } = broker;
  assert.ok(holds);
  await broker.declare([declarationOf(ORDERS), declarationOf(DEAD)]);
  if (sent.length > 0) await broker.publish(sent);
  const usual: GetOptions = { limit: 1, bytesMax: 1_048_576, invisibleMs: LONG_MS };
  return { holds, get: async (options) => (await holds.getMany(ORDERS, { ...usual, ...options }))! };
}

/** As the SQS API sends it. */
function sentNow(sent: Message): Message {
  return { ...sent, headers: { ...sent.headers, [HEADER.sentAt]: Date.now() } };
}

function ids(held: readonly HeldMessage[]): string[] {
  return held.map(({ message: { id } }) => id);
}

async function giveBack(holds: QueueHolds, held: readonly HeldMessage[]): Promise<void> {
  const outcomes = await holds.hide(
    ORDERS,
    held.map(({ receipt }) => ({ receipt, invisibleMs: 0 })),
  );
  assert.ok(outcomes.every((outcome) => outcome === "changed"));
}

/** Asks until there is one. */
async function getOne(get: TestQueue["get"], options: Partial<GetOptions>): Promise<readonly HeldMessage[]> {
  let held: readonly HeldMessage[] = [];
  await eventually("one is there", async () => (held = await get(options)).length > 0);
  return held;
}

/** Asks until there are so many. */
async function getUntil(
  get: TestQueue["get"],
  count: number,
  options: Partial<GetOptions> = {},
): Promise<readonly HeldMessage[]> {
  const all: HeldMessage[] = [];
  await eventually(`${count} are there`, async () => {
    all.push(...(await get(options)));
    return all.length >= count;
  });
  return all;
}
