import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Channel, ConsumeMessage } from "amqplib";
import { FifoMemory } from "../../../../../src/edge/rabbitmq/fifo/book/fifo-memory.ts";
import { GroupBook } from "../../../../../src/edge/rabbitmq/fifo/book/group-book.ts";
import { QueueReading } from "../../../../../src/edge/rabbitmq/fifo/owner/queue-reading.ts";
import type { WindowMessage } from "../../../../../src/edge/rabbitmq/fifo/owner/window.ts";

const NOW_MS = 1_800_000_000_000;
const DELAY_MS_MAX = 900_000;

describe("the reading of a FIFO queue by its owner", () => {
  const reading = () => {
    const faults: string[] = [];
    const fault = (message: string, error: unknown): unknown => faults.push(`${message}: ${String(error)}`);
    const memory = new FifoMemory();
    const unnamed: string[] = [];
    const deletedUnnamed = ({ key }: WindowMessage): unknown => unnamed.push(key);
    const options = { queue: "orders.fifo", memory, deletedUnnamed, clock: () => NOW_MS, fault };
    const acked: unknown[] = [];
    const channel = { ack: ({ fields }: ConsumeMessage) => acked.push(fields.deliveryTag) } as unknown as Channel;
    const reader = new QueueReading(options, channel);
    const read = (headers: Readonly<Record<string, unknown>>, redelivered = false): WindowMessage | undefined => {
      const properties = { messageId: "m-1", headers };
      const raw = { fields: { redelivered, deliveryTag: 1 }, properties, content: Buffer.from("{}") };
      return reader.read(raw as unknown as ConsumeMessage, new GroupBook());
    };
    return { read, faults, memory, unnamed, acked };
  };

  it("delays a message for as long as it says, up to a queue's longest delay since it was sent", () => {
    const cases: readonly (readonly [visibleAt: unknown, sentAt: unknown, visibleAtMs: number | undefined])[] = [
      [undefined, NOW_MS, undefined],
      [NOW_MS + 5_000, NOW_MS, NOW_MS + 5_000],
      [NOW_MS + DELAY_MS_MAX, NOW_MS, NOW_MS + DELAY_MS_MAX],
      [NOW_MS + DELAY_MS_MAX, undefined, NOW_MS + DELAY_MS_MAX],
      // The clock of the router that sent it may be somewhat ahead.
      [NOW_MS + DELAY_MS_MAX + 10_000, NOW_MS + 10_000, NOW_MS + DELAY_MS_MAX + 10_000],
      [NOW_MS - 1, NOW_MS - 5_000, undefined],
      ["soon", NOW_MS, undefined],
    ];
    for (const [visibleAt, sentAt, visibleAtMs] of cases) {
      const { read, faults } = reading();
      const headers = { "busbar-visible-at": visibleAt, "busbar-sent-at": sentAt };
      assert.equal(read(headers)?.visibleAtMs, visibleAtMs, String(visibleAt));
      assert.deepEqual(faults, []);
    }
  });

  const headers = { "busbar-sent-at": NOW_MS, "busbar-deduplication-id": "d" };

  it("acks what the log says is deleted, with the key that it counts as sent by", () => {
    const { key, sent } = reading().read(headers)!;
    const { read, memory, unnamed, acked } = reading();
    memory.wasDeleted(key, sent);
    assert.equal(read(headers, true), undefined);
    assert.deepEqual([unnamed, acked], [[], [1]]);
  });

  it("acks nothing that was deleted without that key: the log gets it first", () => {
    const { key } = reading().read(headers)!;
    const { read, memory, unnamed, acked } = reading();
    memory.wasDeleted(key, undefined);
    assert.equal(read(headers, true), undefined);
    assert.deepEqual([unnamed, acked], [[key], []]);
  });

  it("keeps a message when one with its key is deleted that was sent 5 minutes later", () => {
    const { sent } = reading().read(headers)!;
    const { read, memory, acked } = reading();
    memory.wasDeleted("another", sent);
    assert.ok(read({ ...headers, "busbar-sent-at": NOW_MS - 300_000 }, true) !== undefined);
    assert.deepEqual(acked, []);
  });

  it("delays no message that says a later time, and reports the first one", () => {
    const { read, faults } = reading();
    const laterMs = NOW_MS + DELAY_MS_MAX + 10_001;
    for (const [visibleAt, sentAt] of [
      [laterMs, NOW_MS],
      [laterMs, undefined],
      [laterMs, laterMs],
      [NOW_MS + 60_000, NOW_MS - DELAY_MS_MAX],
    ] as const) {
      const message = read({ "busbar-visible-at": visibleAt, "busbar-sent-at": sentAt });
      assert.ok(message !== undefined);
      assert.equal(message.visibleAtMs, undefined);
    }
    assert.equal(faults.length, 1);
    assert.match(
      faults[0] ?? "",
      /^a message of FIFO queue "orders\.fifo" asks for too long a delay, .*: Error: busbar-visible-at is 1800000910001, /,
    );
  });
});
