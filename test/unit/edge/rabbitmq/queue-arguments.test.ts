import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { apiDestinationQueue, declarationOf, functionQueue } from "../../../../src/domain/queue/queues.ts";
import { firstQueueArguments, queueArguments } from "../../../../src/edge/rabbitmq/topology/queue-arguments.ts";
import { OWN_QUEUES } from "../../../../src/edge/rabbitmq/topology/topology.ts";

/*
 * A queue that exists keeps its arguments for ever, and RabbitMQ answers any others with 406 PRECONDITION_FAILED. So
 * each value stands here once more: whoever changes one breaks the queues of everybody who upgrades.
 */
const QUORUM = { "x-queue-type": "quorum", "x-queue-leader-locator": "balanced" };
const BACK_SOON = { "x-consumer-disconnected-timeout": 2_000 };
const PARKING = {
  "x-dead-letter-exchange": "",
  "x-dead-letter-routing-key": "busbar.parked",
  "x-dead-letter-strategy": "at-least-once",
  "x-overflow": "reject-publish",
};
const ONE_CONSUMER = { "x-single-active-consumer": true };
const BROWSED = { ...QUORUM, "x-delivery-limit": 1_000_000 };
const DELIVERIES = { ...QUORUM, ...PARKING, "x-delivery-limit": 20 };

/** What every version has made: 0.1.0 without `BACK_SOON`. */
const ARGUMENTS: Readonly<Record<string, Record<string, unknown>>> = {
  "busbar.function.stock": { ...DELIVERIES, ...BACK_SOON },
  "busbar.container.stock": { ...DELIVERIES, ...ONE_CONSUMER, ...BACK_SOON },
  "busbar.api-destination.crm": { ...DELIVERIES, ...ONE_CONSUMER, ...BACK_SOON },
  "busbar.suspect": { ...DELIVERIES, ...ONE_CONSUMER, ...BACK_SOON, "x-delivery-limit": 2 },
  "busbar.undeliverable": { ...DELIVERIES, ...BACK_SOON },
  "busbar.dead-letter": { ...BROWSED, ...BACK_SOON },
  "busbar.parked": { ...BROWSED, ...BACK_SOON },
  "busbar.schedules": { ...BROWSED, ...ONE_CONSUMER, ...BACK_SOON },
  orders: BROWSED,
};

describe("A queue on RabbitMQ", () => {
  for (const [name, expected] of Object.entries(ARGUMENTS)) {
    it(`named ${name} is made with the arguments that it has always had`, () => {
      assert.deepEqual(queueArguments(declarationOf(name)), expected);
    });

    it(`named ${name} is known as version 0.1.0 made it`, () => {
      const { "x-consumer-disconnected-timeout": _since, ...first } = expected;
      assert.deepEqual(firstQueueArguments(declarationOf(name)), first);
    });
  }

  it("has a name that follows from what it is for", () => {
    assert.deepEqual(
      [functionQueue("stock", "other"), functionQueue("stock", "container"), apiDestinationQueue("crm")],
      ["busbar.function.stock", "busbar.container.stock", "busbar.api-destination.crm"],
    );
  });

  it("is made by every router after the queue that its messages are parked in", () => {
    assert.deepEqual(
      OWN_QUEUES.map(({ name }) => name),
      ["busbar.parked", "busbar.dead-letter", "busbar.suspect", "busbar.sqs.held", "busbar.undeliverable"],
    );
  });
});
