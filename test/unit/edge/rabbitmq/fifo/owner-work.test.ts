import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FifoMemory } from "../../../../../src/edge/rabbitmq/fifo/book/fifo-memory.ts";
import { GroupBook } from "../../../../../src/edge/rabbitmq/fifo/book/group-book.ts";
import type { FifoLog } from "../../../../../src/edge/rabbitmq/fifo/owner/fifo-log.ts";
import type { OwnedQueue } from "../../../../../src/edge/rabbitmq/fifo/owner/owned-queue.ts";
import { OwnerWork } from "../../../../../src/edge/rabbitmq/fifo/owner/owner-work.ts";
import type { WindowMessage } from "../../../../../src/edge/rabbitmq/fifo/owner/window.ts";

const RECEIVE = { limit: 1, bytesMax: 1_048_576, invisibleMs: 0 };
const SESSION = "0123456789abcdef";

describe("receives by the owner of a FIFO queue of what is visible at once", () => {
  it("each is answered with its own count, also when the message is received again before the answer", async () => {
    const { work, tell } = owning();
    const receives = [work.receive(RECEIVE, SESSION), work.receive(RECEIVE, SESSION)];
    await tell();
    const counts = (await Promise.all(receives)).map(([message]) => message?.receives);
    assert.deepEqual(counts, [1, 2]);
  });

  it("one that is another router's by now gives back what it received itself, and not what a later one did", async () => {
    const { work, tell, returned } = owning({ isLost: true });
    const receives = [work.receive(RECEIVE, SESSION), work.receive({ ...RECEIVE, invisibleMs: 30_000 }, SESSION)];
    await tell();
    const ends = await Promise.allSettled(receives);
    assert.deepEqual(
      ends.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.deepEqual(returned, [1, 2]);
  });
});

describe("leases of the owner of a FIFO queue", () => {
  it("are known to itself without hearing them, and said later than what is known, by whichever clock", async () => {
    const { work, tell, memory } = owning();
    const former = { key: "k", receives: 1, session: "fedcba9876543210", firstReceivedAtMs: 0, receivedAtMs: 0 };
    memory.leases.add({ ...former, visibleAtMs: 0, saidAtMs: 9_000 });
    const receive = work.receive({ ...RECEIVE, invisibleMs: 30_000 }, SESSION);
    await tell();
    await receive;
    const lease = memory.leases.find("k");
    assert.deepEqual([lease?.session, lease?.visibleAtMs, lease?.saidAtMs], [SESSION, 31_000, 9_001]);
  });

  it("are not known of what is another router's by now", async () => {
    const { work, tell, memory } = owning({ isLost: true });
    const receive = work.receive({ ...RECEIVE, invisibleMs: 30_000 }, SESSION);
    await tell();
    await assert.rejects(receive);
    assert.equal(memory.leases.find("k"), undefined);
  });

  it("are handed out only when the log was read", async () => {
    const { work, book } = owning({ isLogLost: true });
    await assert.rejects(work.receive(RECEIVE, SESSION), /log/);
    assert.equal(book.find("k")?.receives, 0);
  });
});

/** An owner of one message. What it tells other routers is on its way until `tell`. @param isLost whether another owns it then. */
function owning({ isLost = false, isLogLost = false } = {}) {
  const book = new GroupBook<WindowMessage>();
  const message = { key: "k", group: "g", bytes: 1, sentAtMs: 0, receives: 0, firstReceivedAtMs: undefined };
  book.add({ ...message, receivedAtMs: undefined, visibleAtMs: undefined } as unknown as WindowMessage);
  const owned = {
    book,
    arrival: () => Promise.resolve(0),
    release: () => undefined,
    touch: () => undefined,
    mustOwn: () => (isLost ? Promise.reject(new Error("it is another router's")) : Promise.resolve()),
  } as unknown as OwnedQueue;
  const { promise: told, resolve } = Promise.withResolvers<undefined>();
  const log = { current: () => (isLogLost ? Promise.reject(new Error("the log cannot be read")) : Promise.resolve()) };
  const returned: number[] = [];
  const memory = new FifoMemory();
  const work = new OwnerWork({
    owned,
    queue: "orders.fifo",
    log: log as unknown as FifoLog,
    publish: () => Promise.resolve(),
    leased: () => told,
    returned: (messages) => void returned.push(...messages.map(({ receives }) => receives)),
    memory,
    events: { receivedTooOften: () => undefined },
    clock: () => 1_000,
  });
  const tell = async (): Promise<void> => {
    // Both receives have taken the message by then.
    await new Promise((turn) => setImmediate(turn));
    resolve(undefined);
  };
  return { work, tell, returned, memory, book };
}
