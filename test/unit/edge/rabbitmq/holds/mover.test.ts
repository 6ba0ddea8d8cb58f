import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HoldBook } from "../../../../../src/edge/rabbitmq/holds/book/hold-book.ts";
import { settleHeld } from "../../../../../src/edge/rabbitmq/holds/book/settling.ts";
import { Mover } from "../../../../../src/edge/rabbitmq/holds/moved/mover.ts";
import type { HoldChannel } from "../../../../../src/edge/rabbitmq/holds/receiving/hold-channel.ts";
import type { Outgoing } from "../../../../../src/edge/rabbitmq/publishing/publisher.ts";
import { PublishError } from "../../../../../src/ports/broker/publisher.ts";

const HOUR_MS = 3_600_000;
const SESSION = "0123456789abcdef";

describe("what a router has held for long, and cannot move", () => {
  it("is held on, and the cause is reported, when its publish fails as nobody expects", async () => {
    const { book, mover, faults } = holding(() => Promise.reject(new TypeError("it cannot be written")));
    await mover.look();
    assert.deepEqual(faults, ["it cannot be written"]);
    assert.equal(book.findMessage("f-1")?.number, 1);
    await mover.settled(["f-1", "f-2"]);
  });

  it("counts as copied from then on, for its copy may be stored, unless others have its id", async () => {
    const failures = [0, 1].map((index) => ({ index, reason: "timeout" as const }));
    const { book, mover } = holding(() => Promise.reject(new PublishError(failures)));
    const deleting = (n: number) => settleHeld(book, [{ number: n, fingerprint: `f-${n}`, invisibleMs: undefined }]);
    await mover.look();
    assert.deepEqual(await deleting(1), ["gone"], "all routers have to delete it");
    assert.deepEqual(await deleting(2), ["deleted"], "its id is no UUID");
    assert.equal(book.size, 0);
  });
});

describe("what a router moves", () => {
  it("says by which receipt it was received", async () => {
    const moved: unknown[] = [];
    const { mover } = holding((messages) => {
      moved.push(...messages.map(({ options }) => (options.headers as Record<string, unknown>)["busbar-received-as"]));
      return Promise.resolve();
    });
    await mover.look();
    assert.deepEqual(moved, [`${SESSION}/1`, `${SESSION}/2`]);
  });
});

/** Two messages, of which the first has an id of its own. */
function holding(publish: (messages: readonly Outgoing[]) => Promise<void>) {
  const book = new HoldBook(() => undefined);
  const channel = { ack: () => undefined, barrier: () => Promise.resolve(true) } as unknown as HoldChannel;
  const properties = { headers: {} } as never;
  const carried = { body: Buffer.from("{}"), properties, session: SESSION, receives: 1, firstReceivedAtMs: 0 };
  for (const n of [1, 2]) {
    book.add({
      queue: "orders",
      fingerprint: `f-${n}`,
      channel,
      tag: n,
      sentAtMs: 0,
      receivedAtMs: performance.now(),
      visibleAtMs: performance.now() + HOUR_MS,
      hasOwnId: n === 1,
      mayHaveCopies: false,
      carried: { ...carried, bytes: 2 },
    });
  }
  const faults: string[] = [];
  const mover = new Mover({
    book,
    publish,
    isDeleted: () => false,
    events: { fault: (_message, error) => void faults.push((error as Error).message) },
    clock: Date.now,
    moveAfterMs: 0,
    heldBytesMax: Infinity,
  });
  return { book, mover, faults };
}
