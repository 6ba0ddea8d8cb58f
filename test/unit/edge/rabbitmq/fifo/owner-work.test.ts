import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FifoMemory } from "../../../../../src/edge/rabbitmq/fifo/book/fifo-memory.ts";
import { GroupBook } from "../../../../../src/edge/rabbitmq/fifo/book/group-book.ts";
import type { FifoLog } from "../../../../../src/edge/rabbitmq/fifo/owner/fifo-log.ts";
import type { OwnedQueue } from "../../../../../src/edge/rabbitmq/fifo/owner/owned-queue.ts";
import { OwnerWork } from "../../../../../src/edge/rabbitmq/fifo/owner/owner-work.ts";
import type { WindowMessage } from "../../../../../src/edge/rabbitmq/fifo/owner/window.ts";

const RECEIVE = { limit: 1, bytesMax: 1_048_576, invisibleMs: 0 };

describe("receives by the owner of a FIFO queue of what is visible at once", () => {
  it("each is answered with its own count, also when the message is received again before the answer", async () => {
    const { work, tell } = owning();
    const receives = [work.receive(RECEIVE), work.receive(RECEIVE)];
    await tell();
    const counts = (await Promise.all(receives)).map(([message]) => message?.receives);
    assert.deepEqual(counts, [1, 2]);
  });

  it("one that is another router's by now gives back what it received itself, and not what a later one did", async () => {
    const { work, tell, returned } = owning({ isLost: true });
    const receives = [work.receive(RECEIVE), work.receive({ ...RECEIVE, invisibleMs: 30_000 })];
    await tell();
    const ends = await Promise.allSettled(receives);
    assert.deepEqual(
      ends.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.deepEqual(returned, [1, 2]);
  });
});

/** An owner of one message. What it tells other routers is on its way until `tell`. @param isLost whether another owns it then. */
function owning({ isLost = false } = {}) {
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
  const returned: number[] = [];
  const work = new OwnerWork({
    owned,
    queue: "orders.fifo",
    log: undefined as unknown as FifoLog,
    publish: () => Promise.resolve(),
    leased: () => told,
    returned: (messages) => void returned.push(...messages.map(({ receives }) => receives)),
    memory: new FifoMemory(),
    events: { receivedTooOften: () => undefined },
    clock: () => 1_000,
  });
  const tell = async (): Promise<void> => {
    // Both receives have taken the message by then.
    await new Promise((turn) => setImmediate(turn));
    resolve(undefined);
  };
  return { work, tell, returned };
}
