import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConsumeMessage } from "amqplib";
import type { MessageLease } from "../../../../../src/edge/rabbitmq/fifo/book/message-leases.ts";
import { MessageLeases } from "../../../../../src/edge/rabbitmq/fifo/book/message-leases.ts";
import { hearMissedLeases } from "../../../../../src/edge/rabbitmq/fifo/owner/missed-leases.ts";
import { received } from "../../../../../src/edge/rabbitmq/publishing/message.ts";
import { fingerprintOf } from "../../../../../src/edge/rabbitmq/holds/book/receipt.ts";

const QUEUE = "orders.fifo";
const SESSIONS = ["0123456789abcdef", "fedcba9876543210"] as const;

describe("leases of FIFO messages", () => {
  it("are asked for of messages that came back, but of those whose time is known to run", async () => {
    const leases = new MessageLeases();
    leases.add(leaseOf(keyOf("over"), { visibleAtMs: 1_000 }));
    leases.add(leaseOf(keyOf("running"), { visibleAtMs: 1_001 }));
    const asked: string[] = [];
    const news = { askLeases: (keys: readonly string[]) => Promise.resolve(void asked.push(...keys)) };
    const arrived = [arrival("fresh", false), arrival("unknown"), arrival("over"), arrival("running")];
    await hearMissedLeases(QUEUE, arrived, { leases, news, nowMs: 1_000 });
    assert.deepEqual(asked, [keyOf("unknown"), keyOf("over")]);
  });

  it("what was said later counts, also where receives have begun anew", () => {
    const leases = new MessageLeases();
    leases.add(leaseOf("k", { receives: 3, saidAtMs: 1_000 }));
    leases.add(leaseOf("k", { receives: 1, saidAtMs: 2_000 }));
    leases.add(leaseOf("k", { receives: 2, saidAtMs: 1_999 }));
    assert.equal(leases.find("k")?.receives, 1);
  });

  it("a receipt is past when a later receive is known, or the same number of another owner", () => {
    const leases = new MessageLeases();
    const receipt = (receives: number, session: string = SESSIONS[0]) => ({ key: "k", receives, session });
    assert.equal(leases.isPast(receipt(1)), false, "nothing is known");
    leases.add(leaseOf("k", { receives: 2 }));
    assert.equal(leases.isPast(receipt(1)), true);
    assert.equal(leases.isPast(receipt(2)), false);
    assert.equal(leases.isPast(receipt(2, SESSIONS[1])), true);
    assert.equal(leases.isPast(receipt(3)), false, "of a receive that was not heard");
  });
});

function leaseOf(key: string, given: Partial<MessageLease>): MessageLease {
  const times = { firstReceivedAtMs: 0, receivedAtMs: 0, visibleAtMs: 0, saidAtMs: 0 };
  return { key, receives: 1, session: SESSIONS[0], ...times, ...given };
}

function arrival(id: string, redelivered = true): ConsumeMessage {
  const content = Buffer.from(id);
  return { fields: { redelivered }, properties: { messageId: id, headers: {} }, content } as unknown as ConsumeMessage;
}

function keyOf(id: string): string {
  return fingerprintOf(QUEUE, received(QUEUE, arrival(id)));
}
