import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { GroupMessage } from "../../../../../src/edge/rabbitmq/fifo/book/group-book.ts";
import { GroupBook, UNTIL_SETTLED_MS } from "../../../../../src/edge/rabbitmq/fifo/book/group-book.ts";
import { FifoModel } from "../../../../support/fifo-model.ts";

function messageOf(key: string, group: string): GroupMessage {
  const times = { firstReceivedAtMs: undefined, receivedAtMs: undefined, visibleAtMs: undefined };
  return { key, group, bytes: 1, sentAtMs: 0, receives: 0, ...times };
}

const HAND_OUT = { bytesMax: 1_000, fateOf: () => "hand-out" as const };

/** What is done to a book. `pick` says which message of those that are there; `seconds` go by after each step. */
type Step =
  | { readonly do: "add"; readonly group: string }
  | { readonly do: "take"; readonly limit: number; readonly invisibleMs: number }
  | { readonly do: "remove" | "give back"; readonly pick: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("add" as const), group: fc.constantFrom("a", "b", "c", "d") }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("take" as const),
      limit: fc.integer({ min: 1, max: 6 }),
      invisibleMs: fc.constantFrom(0, 1_000, 3_600_000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("remove" as const, "give back" as const), pick: fc.nat() }) },
);

describe("the groups of a FIFO queue in its owner's memory", () => {
  it("A book does what the model of a FIFO queue does, under any adds, takes, deletes and time-outs", () => {
    fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), agree), { numRuns: 300 });
  });

  it("A message that is to be settled holds back its group until it is removed", () => {
    const book = new GroupBook<GroupMessage>();
    for (const key of ["a1", "a2"]) book.add(messageOf(key, "a"));
    const fateOf = ({ key }: GroupMessage) => (key === "a1" ? "settle" : "hand-out");
    const { handedOut, settling } = book.take(0, { limit: 10, bytesMax: 1_000, invisibleMs: 10, fateOf });
    assert.deepEqual([handedOut.length, settling.map(({ key }) => key)], [0, ["a1"]]);
    assert.equal(settling[0]?.visibleAtMs, UNTIL_SETTLED_MS);
    assert.deepEqual([book.isAvailable, book.nextDueAtMs(), book.release(1e15).length], [false, undefined, 0]);
    book.remove(settling[0]);
    assert.deepEqual(
      book.take(0, { ...HAND_OUT, limit: 10, invisibleMs: 10 }).handedOut.map(({ key }) => key),
      ["a2"],
    );
  });

  it("A book knows its bytes, and when the next message is due", () => {
    const book = new GroupBook<GroupMessage>();
    for (const key of ["a1", "b1"]) book.add({ ...messageOf(key, key.slice(0, 1)), bytes: 7 });
    assert.equal(book.bytes, 14);
    book.take(100, { ...HAND_OUT, limit: 1, invisibleMs: 50 });
    assert.equal(book.nextDueAtMs(), 150);
    assert.deepEqual([book.release(149).length, book.release(150).map(({ key }) => key)], [0, ["a1"]]);
    book.remove(book.find("a1")!);
    assert.deepEqual([book.size, book.bytes], [1, 7]);
  });
});

function agree(steps: readonly Step[]): void {
  const book = new GroupBook<GroupMessage>();
  const model = new FifoModel(Infinity);
  let nowMs = 0;
  let added = 0;
  for (const each of steps) {
    if (each.do === "add") {
      const key = `m-${added}`;
      book.add(messageOf(key, each.group));
      model.send(each.group, added++, key);
    } else if (each.do === "take") {
      const { limit, invisibleMs } = each;
      const { handedOut } = book.take(nowMs, { ...HAND_OUT, limit, invisibleMs });
      assert.deepEqual(
        handedOut.map(({ key }) => key),
        model.receive(limit, invisibleMs),
      );
      if (invisibleMs === 1_000) {
        nowMs += 1_000;
        model.release(book.release(nowMs).map(({ key }) => key));
      }
    } else {
      const all = [...book.all()];
      const picked = all[each.pick % Math.max(all.length, 1)];
      if (picked === undefined) continue;
      if (each.do === "remove") {
        book.remove(picked);
        model.remove(picked.key);
      } else {
        book.hide(picked, undefined);
        model.giveBack(picked.key);
      }
    }
    const visible = [...book.all()].filter(({ visibleAtMs }) => visibleAtMs === undefined).length;
    assert.deepEqual({ visible, invisible: book.size - visible, delayed: 0 }, model.counts);
    assert.equal(book.isAvailable, model.line.length > 0);
  }
}
