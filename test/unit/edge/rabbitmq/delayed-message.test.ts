import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { describe, it, type TestContext } from "node:test";
import { storeWhenDue } from "../../../../src/edge/rabbitmq/consuming/delayed-message.ts";
import { delayedRoute } from "../../../../src/edge/rabbitmq/topology/delay-ladder.ts";
import type { Outgoing } from "../../../../src/edge/rabbitmq/publishing/publisher.ts";
import type { PublishFailureReason } from "../../../../src/ports/broker/publisher.ts";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";

const QUEUE = "orders";
const NOW_MS = 1_800_000_000_000;

/** A delayed message of a user's queue, and a broker that answers as it is told. */
function due(t: TestContext, answers: readonly (PublishFailureReason | "stored")[]) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const left = [...answers];
  const published: Outgoing[] = [];
  const seen: string[] = [];
  const [lost, closing] = [new AbortController(), new AbortController()];
  const publish = (messages: readonly Outgoing[]): Promise<void> => {
    published.push(...messages);
    const reason = left.shift() ?? "stored";
    return reason === "stored" ? Promise.resolve() : Promise.reject(new PublishError([{ index: 0, reason }]));
  };
  const store = (headers: Readonly<Record<string, unknown>> = {}) => {
    const message = { queue: "busbar.undeliverable", id: "m-1", body: Buffer.from("{}"), headers, crashes: 0 };
    return storeWhenDue(message, delayedRoute(QUEUE, 5).routingKey, lost.signal, {
      declareAgain: (queue) => Promise.resolve(void seen.push(`made ${queue}`)),
      publish,
      events: {
        deadLettered: ({ queue }) => void seen.push(`letter in ${queue}`),
        refusedWhenDue: (queue) => void seen.push(`refused by ${queue}`),
      },
      clock: () => NOW_MS,
      closing: closing.signal,
    });
  };
  const pass = async (ms: number): Promise<void> => {
    for (let turns = 0; turns < 5; turns++) await turn();
    t.mock.timers.tick(ms);
  };
  const ways = () => published.map(({ exchange, routingKey }) => (exchange === "" ? routingKey : exchange));
  return { store, published, ways, seen, lost, closing, pass };
}

describe("a delayed message that a router stores", () => {
  it("goes straight to its queue, which is not asked for before", async (t) => {
    const { store, ways, seen } = due(t, []);
    await store();
    assert.deepEqual([ways(), seen], [[QUEUE], []]);
  });

  it("goes to a queue that was made again, or else is a dead letter", async (t) => {
    const again = due(t, ["unroutable"]);
    await again.store();
    assert.deepEqual([again.ways(), again.seen], [[QUEUE, QUEUE], [`made ${QUEUE}`]]);
    t.mock.timers.reset();
    const gone = due(t, ["unroutable", "unroutable"]);
    await gone.store();
    assert.deepEqual(gone.ways(), [QUEUE, QUEUE, "busbar.dead-letter"]);
    assert.deepEqual(gone.seen, [`made ${QUEUE}`, "letter in busbar.dead-letter"]);
  });

  it("waits on one level of the ladder when its queue refuses it, longer each time", async (t) => {
    for (const [refusals, level, seconds] of [
      [undefined, 0, 1],
      [1, 1, 2],
      [7, 7, 128],
      [8, 8, 256],
      [5_000, 8, 256],
      ["many", 0, 1],
      [-3, 0, 1],
    ] as const) {
      const { store, ways, published, seen } = due(t, ["refused"]);
      await store({ note: "kept", "busbar-refusals": refusals });
      assert.deepEqual([ways(), seen], [[QUEUE, `busbar.delay.${level}`], [`refused by ${QUEUE}`]]);
      assert.deepEqual(published[0]?.options.headers, { note: "kept" });
      const counted = typeof refusals === "number" && refusals > 0 ? refusals + 1 : 1;
      const dueAt = NOW_MS + seconds * 1_000;
      assert.deepEqual(published[1]?.options.headers, {
        note: "kept",
        "busbar-refusals": counted,
        "busbar-due-at": dueAt,
      });
      t.mock.timers.reset();
    }
  });

  it("stays in hand while the broker takes nothing, until it is lost or the router stops", async (t) => {
    const { store, ways, seen, pass } = due(t, ["blocked", "timeout"]);
    const storing = store();
    await pass(1_000);
    await pass(1_999);
    assert.deepEqual(ways(), [QUEUE, QUEUE]);
    await pass(1);
    await storing;
    assert.deepEqual([ways(), seen], [[QUEUE, QUEUE, QUEUE], []]);
    for (const end of ["lost", "closing"] as const) {
      t.mock.timers.reset();
      const held = due(t, ["disconnected", "disconnected"]);
      const failing = assert.rejects(held.store(), new Error(end));
      await held.pass(0);
      held[end].abort(new Error(end));
      await failing;
    }
  });
});
