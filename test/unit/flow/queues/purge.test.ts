import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";
import { RouterQueues } from "../../../../src/flow/queues/message-queues.ts";
import type { FifoQueues } from "../../../../src/ports/broker/fifo-queues.ts";
import type { QueueHolds } from "../../../../src/ports/broker/holds.ts";
import { NO_QUEUE_OBSERVER } from "../../../support/no-queue-observer.ts";

/** Queues of a router that knows when a queue was cleared last. */
function queuesWith(holds: Pick<QueueHolds, "clear" | "clearedAgoMs">): RouterQueues {
  return new RouterQueues({
    broker: { publish: () => Promise.resolve(), holds: holds as QueueHolds, fifo: holds as FifoQueues },
    inFlight: new InFlightBytes(1_048_576),
    observer: NO_QUEUE_OBSERVER,
    nowMs: () => 1_000,
  });
}

describe("purges of a queue", () => {
  it("one is refused within 60 s of another, which another router may have made", async () => {
    let agoMs: number | undefined = 59_999;
    const queues = queuesWith({ clear: () => Promise.resolve(0), clearedAgoMs: () => agoMs });
    assert.equal(await queues.purge({ name: "orders" }), false);
    agoMs = 60_000;
    assert.equal(await queues.purge({ name: "orders" }), true);
    agoMs = undefined;
    assert.equal(await queues.purge({ name: "orders" }), false, "this router's own");
  });

  it("one that fails may be made again at once", async () => {
    const failing = [new Error("RabbitMQ is away")];
    const clear = (): Promise<number> => {
      const error = failing.shift();
      return error === undefined ? Promise.resolve(0) : Promise.reject(error);
    };
    const queues = queuesWith({ clear, clearedAgoMs: () => undefined });
    await assert.rejects(queues.purge({ name: "orders" }), /away/);
    assert.equal(await queues.purge({ name: "orders" }), true);
  });
});
