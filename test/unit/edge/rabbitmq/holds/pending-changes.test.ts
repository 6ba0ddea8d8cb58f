import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HoldBook } from "../../../../../src/edge/rabbitmq/holds/book/hold-book.ts";
import type { MovedMessage } from "../../../../../src/edge/rabbitmq/holds/moved/moved-message.ts";
import { PendingChanges } from "../../../../../src/edge/rabbitmq/holds/moved/pending-changes.ts";
import { decodeHoldMessage } from "../../../../../src/edge/rabbitmq/holds/routers/hold-messages.ts";

const NOW_MS = 1_800_000_000_000;
const ASKER = "amq.gen-asker";

describe("changes of messages that wait in busbar.sqs.held", () => {
  it("one that another router has made is not made again to what was received since", () => {
    const { changes, told } = asked();
    assert.equal(changes.take(waitingSince(NOW_MS + 1)), undefined);
    assert.deepEqual(told(), ["moved-seen", "gone"]);
    assert.equal(changes.take(waitingSince(NOW_MS + 1)), undefined, "it is forgotten");
  });

  it("one is made, once, to what was received before it was asked for", () => {
    const { changes, told } = asked();
    const change = changes.take(waitingSince(NOW_MS - 1));
    assert.equal(change?.visibleAtMs, NOW_MS + 5_000);
    change.answer("changed");
    assert.deepEqual(told(), ["moved-seen", "changed"]);
    assert.equal(changes.take(waitingSince(NOW_MS - 1)), undefined);
  });

  it("one with the receipt of that receive is made, though the clock of the router that asks is behind", () => {
    const { changes, told } = asked("0123456789abcdef/1");
    const change = changes.take(waitingSince(NOW_MS + 300, "0123456789abcdef/1"));
    assert.equal(change?.visibleAtMs, NOW_MS + 5_000);
    assert.deepEqual(told(), ["moved-seen"]);
  });

  it("one with the receipt of an earlier receive is not", () => {
    const { changes, told } = asked("0123456789abcdef/1");
    assert.equal(changes.take(waitingSince(NOW_MS + 300, "0123456789abcdef/2")), undefined);
    assert.deepEqual(told(), ["moved-seen", "gone"]);
  });
});

function asked(receivedAs?: string) {
  const sent: Buffer[] = [];
  const changes = new PendingChanges((messages) => {
    sent.push(...messages.map(({ body }) => body));
    return Promise.resolve();
  });
  const asking = [{ fingerprint: "f", visibleAtMs: NOW_MS + 5_000, askedAtMs: NOW_MS, receivedAs }];
  const book = new HoldBook(() => undefined);
  changes.hear({ type: "hide-moved", ask: "a", from: ASKER, changes: asking }, { book, consumers: 1 });
  const told = (): readonly (string | undefined)[] =>
    sent.map(decodeHoldMessage).map((message) => (message?.type === "moved-hidden" ? message.outcome : message?.type));
  return { changes, told };
}

function waitingSince(receivedAtMs: number, receivedAs?: string): MovedMessage {
  return {
    queue: "orders",
    fingerprint: "f",
    sentAtMs: 0,
    hasOwnId: true,
    mayHaveCopies: true,
    visibleAtMs: NOW_MS + 3_600_000,
    receivedAtMs,
    receivedAs,
    heldAtMs: receivedAtMs,
  };
}
