import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Received } from "../../../src/domain/queue/message.ts";
import type { Delivery } from "../../../src/domain/delivery/delivery.ts";
import { attemptKey, deliveryMessage, readDelivery } from "../../../src/domain/delivery/delivery-message.ts";
import { sampleDelivery } from "../../support/sample.ts";

const whole = fc.nat();
const name = fc.string({ minLength: 1 });
const deliveries: fc.Arbitrary<Delivery> = fc.record(
  {
    id: name,
    destination: fc.record(
      { kind: fc.constantFrom("function" as const, "api-destination" as const), name },
      { noNullPrototype: true },
    ),
    eventId: name,
    origin: fc.record({ bus: name, rule: name, target: name }, { noNullPrototype: true }),
    body: fc.json().map((json) => Buffer.from(json)),
    attempt: fc.integer({ min: 1, max: 1_000 }),
    countedRetries: whole,
    firstAtMs: whole,
    hops: whole,
    traceparent: fc.string(),
    goneSinceMs: whole,
    suspicions: whole,
  },
  {
    requiredKeys: ["id", "destination", "body", "attempt", "countedRetries", "firstAtMs", "hops", "suspicions"],
    noNullPrototype: true,
  },
);

function received(delivery: Delivery, headers: Record<string, unknown> = {}): Received {
  const message = deliveryMessage(delivery, "busbar.function.f");
  return { ...message, headers: { ...message.headers, ...headers }, crashes: 0 };
}

const sample = sampleDelivery();

describe("delivery messages", () => {
  it("A delivery's message is read back as the delivery it was made from", () => {
    fc.assert(
      fc.property(deliveries, (delivery) => {
        assert.deepEqual(readDelivery(received(delivery)), { ok: true, delivery });
      }),
    );
  });

  for (const [header, value] of [
    ["busbar-destination", undefined],
    ["busbar-destination", "queue/x"],
    ["busbar-destination", "function/"],
    ["busbar-attempt", 0],
    ["busbar-attempt", 1.5],
    ["busbar-attempt", "1"],
    ["busbar-first-at", "yesterday"],
  ] as const) {
    it(`A delivery's message is unreadable when ${header} is ${JSON.stringify(value)}`, () => {
      const read = readDelivery(received(sample, { [header]: value }));
      assert.match(read.ok ? "it was read" : read.problem, new RegExp(header));
    });
  }

  it("A delivery's message without a message id is unreadable", () => {
    assert.deepEqual(readDelivery({ ...received(sample), id: "" }), {
      ok: false,
      problem: "the message has no message id",
    });
  });

  it("A delivery's attempt is named alike when it is handed out again, and otherwise for the next attempt and a redrive", () => {
    const keyOf = (headers: Record<string, unknown>) => attemptKey(received(sample, headers));
    const first = keyOf({ "busbar-attempt": 1 });
    assert.equal(keyOf({ "busbar-attempt": 1, "x-delivery-count": 3 }), first);
    const others = [
      { "busbar-attempt": 2 },
      { "busbar-redriven": 1 },
      { "busbar-redriven": 2 },
      { "busbar-due-at": 5 },
    ];
    const keys = others.map((headers) => keyOf({ "busbar-attempt": 1, ...headers }));
    assert.equal(new Set([first, ...keys]).size, 5, keys.join(", "));
  });
});
