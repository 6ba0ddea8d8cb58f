import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SentBefore } from "../../../../../src/edge/rabbitmq/fifo/book/sent-before.ts";

const NOW_MS = 1_800_000_000_000;
const record = (queue: string, key: string, sentAtMs: number) => ({
  queue,
  key,
  id: key,
  sequenceNumber: "1".repeat(20),
  sentAtMs,
});

describe("what was sent before to FIFO queues", () => {
  it("is known for 5 minutes, by the sender's clock", () => {
    const sent = new SentBefore();
    sent.add(record("orders.fifo", "one", NOW_MS));
    assert.equal(sent.find("orders.fifo", ["other", "one"], NOW_MS + 299_999)?.id, "one");
    assert.equal(sent.find("orders.fifo", ["one"], NOW_MS + 300_000), undefined);
    assert.equal(sent.find("mails.fifo", ["one"], NOW_MS), undefined);
  });

  it("is no original of a message that was sent 5 minutes before it", () => {
    const sent = new SentBefore();
    sent.add(record("orders.fifo", "one", NOW_MS));
    assert.equal(sent.find("orders.fifo", ["one"], NOW_MS - 299_999)?.id, "one", "clocks of routers differ");
    assert.equal(sent.find("orders.fifo", ["one"], NOW_MS - 300_000), undefined);
  });

  it("is still known after a message whose publisher wrote a time of sending far ahead", () => {
    const sent = new SentBefore();
    sent.add(record("orders.fifo", "one", NOW_MS));
    sent.add(record("mails.fifo", "strange", Number.MAX_SAFE_INTEGER));
    sent.add(record("orders.fifo", "two", NOW_MS));
    assert.equal(sent.find("orders.fifo", ["one"], NOW_MS)?.id, "one");
  });

  it("does not count when the queue was cleared since", () => {
    const sent = new SentBefore();
    sent.add(record("orders.fifo", "one", NOW_MS));
    sent.clear("orders.fifo", NOW_MS + 1);
    assert.equal(sent.find("orders.fifo", ["one"], NOW_MS + 1), undefined);
    sent.add(record("orders.fifo", "one", NOW_MS + 1));
    sent.clear("orders.fifo", NOW_MS);
    assert.equal(sent.find("orders.fifo", ["one"], NOW_MS + 1)?.sentAtMs, NOW_MS + 1);
  });
});
