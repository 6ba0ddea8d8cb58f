import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { HoldBook, type Hold } from "../../../../src/edge/rabbitmq/holds/book/hold-book.ts";
import type { HoldChannel } from "../../../../src/edge/rabbitmq/holds/receiving/hold-channel.ts";

suite("what a router holds", () => {
  const channel = { ack: () => undefined, nack: () => undefined } as unknown as HoldChannel;
  const holdOf = (fingerprint: string, mayHaveCopies: boolean): Omit<Hold, "number"> => ({
    queue: "orders",
    fingerprint,
    channel,
    tag: 1,
    sentAtMs: 0,
    receivedAtMs: 0,
    visibleAtMs: Infinity,
    hasOwnId: mayHaveCopies,
    mayHaveCopies,
  });

  test("a copy of a message leads to the hold that was there before it", () => {
    const book = new HoldBook(() => undefined);
    const first = book.add(holdOf("a", false));
    const copy = book.add(holdOf("a", true));
    assert.deepEqual([book.findMessage("a")], [copy]);
    book.delete(copy);
    assert.deepEqual([book.findMessage("a")], [first]);
    book.delete(first);
    assert.deepEqual([book.findMessage("a"), book.size], [undefined, 0]);
  });

  test("50,000 messages that look alike, and may be different ones, are deleted in time that does not grow with their number", () => {
    const book = new HoldBook(() => undefined);
    const holds = Array.from({ length: 50_000 }, () => book.add(holdOf("a", false)));
    const before = process.cpuUsage();
    for (const hold of holds.reverse()) {
      assert.ok(book.ofMessage("a").length <= 1);
      book.delete(hold);
    }
    assert.equal(book.size, 0);
    assert.ok(process.cpuUsage(before).user < 2_000_000, "two seconds of CPU time");
  });

  test("what 10,000 channels held is lost in time that follows from what each held", () => {
    let visible = 0;
    const book = new HoldBook((_queue, count) => (visible += count));
    const channels = Array.from({ length: 10_000 }, () => ({}) as unknown as HoldChannel);
    channels.forEach((each, n) => book.add({ ...holdOf(String(n), false), channel: each }));
    const before = process.cpuUsage();
    for (const each of channels) book.lose(each);
    assert.deepEqual([book.size, book.count("orders"), visible], [0, 0, 10_000]);
    assert.ok(process.cpuUsage(before).user < 1_000_000, "a second of CPU time");
  });
});
