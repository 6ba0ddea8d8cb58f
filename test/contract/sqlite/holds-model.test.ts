import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { SqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const HOUR_MS = 3_600_000;
const RECEIVES_MAX = 2;

/** What is done to a queue. `pick` says which of the receipts so far. */
type Step =
  | { readonly do: "send" }
  | { readonly do: "crash" }
  | { readonly do: "restart" }
  | { readonly do: "receive"; readonly limit: number; readonly invisibleMs: number }
  | { readonly do: "delete"; readonly pick: number }
  | { readonly do: "give back"; readonly pick: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ do: "send" }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("receive" as const),
      limit: fc.integer({ min: 1, max: 4 }),
      invisibleMs: fc.constantFrom(0, HOUR_MS),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("delete" as const, "give back" as const), pick: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "crash" }, { do: "restart" }) },
);

interface ModelMessage {
  readonly id: string;
  receives: number;
  isVisible: boolean;
}

/** A standard queue and its dead-letter queue, in memory: what AWS's documentation says, with no code of the router. */
class Model {
  live: ModelMessage[] = [];
  dead: string[] = [];

  send(id: string): void {
    this.live.push({ id, receives: 0, isVisible: true });
  }

  receive(limit: number, invisibleMs: number): string[] {
    const received: string[] = [];
    for (const message of this.live.filter(({ isVisible }) => isVisible)) {
      if (received.length === limit) break;
      if (message.receives >= RECEIVES_MAX) {
        this.remove(message.id);
        this.dead.push(message.id);
        continue;
      }
      message.receives += 1;
      message.isVisible = invisibleMs === 0;
      received.push(message.id);
    }
    return received;
  }

  remove(id: string): void {
    this.live = this.live.filter((message) => message.id !== id);
  }

  giveBack(id: string): "changed" | "gone" {
    const message = this.live.find((each) => each.id === id);
    if (message === undefined) return "gone";
    message.isVisible = true;
    return "changed";
  }

  get counts() {
    const visible = this.live.filter(({ isVisible }) => isVisible).length;
    return { visible, invisible: this.live.length - visible, delayed: 0 };
  }
}

describe("a queue whose messages are received for a time, on the embedded broker", () => {
  it("is as the model of a standard queue, through restarts and crashes", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const folder = await mkdtemp(join(tmpdir(), "busbar-holds-"));
        try {
          await agree(steps, folder);
        } finally {
          await rm(folder, { recursive: true });
        }
      }),
      propertyRuns(15),
    );
  });
});

async function open(folder: string): Promise<SqliteBroker> {
  const broker = await openSqliteBroker({ folder, events: {} });
  await broker.declare([declarationOf("work"), declarationOf("dead")]);
  return broker;
}

async function agree(steps: readonly Step[], folder: string): Promise<void> {
  const model = new Model();
  const receipts: { readonly id: string; readonly receipt: string }[] = [];
  let broker = await open(folder);
  let sent = 0;
  for (const each of steps) {
    if (each.do === "crash" || each.do === "restart") {
      await (each.do === "crash" ? broker.abandon() : broker.close());
      broker = await open(folder);
    } else if (each.do === "send") {
      const id = `m-${sent++}`;
      await broker.publish([{ queue: "work", id, body: Buffer.from(id), headers: {} }]);
      model.send(id);
    } else if (each.do === "receive") {
      const { limit, invisibleMs } = each;
      const redrive = { queue: "dead", receivesMax: RECEIVES_MAX };
      const held = (await broker.holds.getMany("work", { limit, bytesMax: 1_000, invisibleMs, redrive }))!;
      assert.deepEqual(
        held.map(({ message }) => message.id),
        model.receive(limit, invisibleMs),
      );
      for (const { message, receipt, receives } of held) {
        assert.equal(receives, model.live.find(({ id }) => id === message.id)?.receives);
        receipts.push({ id: message.id, receipt });
      }
    } else {
      const picked = receipts[each.pick % Math.max(receipts.length, 1)];
      if (picked === undefined) continue;
      const { id, receipt } = picked;
      if (each.do === "delete") {
        // Of a message that has moved, or is gone, it deletes nothing and is no error.
        assert.deepEqual(await broker.holds.delete("work", [receipt]), ["deleted"]);
        model.remove(id);
      } else {
        const [outcome] = await broker.holds.hide("work", [{ receipt, invisibleMs: 0 }]);
        assert.equal(outcome, model.giveBack(id));
      }
    }
    assert.deepEqual(await broker.holds.counts("work"), model.counts);
    assert.equal((await broker.holds.counts("dead"))?.visible, model.dead.length);
  }
  await broker.close();
}
