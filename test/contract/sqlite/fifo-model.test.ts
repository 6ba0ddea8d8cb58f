import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { SqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { FifoModel, MODEL_RECEIVES_MAX } from "../../support/fifo-model.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { eventually } from "../waiting.ts";

const HOUR_MS = 3_600_000;

/** What is done to a queue. `pick` says which of the receipts so far; after 1 ms the time of a receive is over. */
type Step =
  | { readonly do: "send"; readonly group: string; readonly key: number }
  | { readonly do: "stop"; readonly isCrash: boolean }
  | { readonly do: "receive"; readonly limit: number; readonly invisibleMs: number }
  | { readonly do: "delete" | "give back"; readonly pick: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      group: fc.constantFrom("a", "b", "c"),
      key: fc.integer({ min: 0, max: 30 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("receive" as const),
      limit: fc.integer({ min: 1, max: 5 }),
      invisibleMs: fc.constantFrom(0, 1, HOUR_MS, HOUR_MS),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom("delete" as const, "give back" as const), pick: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stop" as const), isCrash: fc.boolean() }) },
);

describe("a FIFO queue on the embedded broker", () => {
  it("is as the model of a FIFO queue, through restarts and crashes", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const folder = await mkdtemp(join(tmpdir(), "busbar-fifo-"));
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
  await broker.declare([declarationOf("work.fifo"), declarationOf("dead.fifo")]);
  return broker;
}

async function agree(steps: readonly Step[], folder: string): Promise<void> {
  const model = new FifoModel();
  const receipts: { readonly id: string; readonly receipt: string; readonly receives: number }[] = [];
  /** Whether a receipt is that of the message's latest receive, and its time is not over. */
  const isGood = ({ id, receives }: (typeof receipts)[number]): boolean => {
    const message = model.find(id);
    return message !== undefined && !message.isVisible && message.receives === receives;
  };
  let broker = await open(folder);
  let sent = 0;
  for (const each of steps) {
    if (each.do === "stop") {
      await (each.isCrash ? broker.abandon() : broker.close());
      broker = await open(folder);
    } else if (each.do === "send") {
      const id = `m-${sent++}`;
      const headers = { "busbar-message-group-id": each.group, "busbar-deduplication-id": String(each.key) };
      const [accepted] = await broker.fifo.send([{ queue: "work.fifo", id, body: Buffer.from(id), headers }]);
      assert.equal(accepted?.id === id, model.send(each.group, each.key, id));
    } else if (each.do === "receive") {
      const { limit, invisibleMs } = each;
      const redrive = { queue: "dead.fifo", receivesMax: MODEL_RECEIVES_MAX };
      const held = (await broker.fifo.getMany("work.fifo", { limit, bytesMax: 1_000, invisibleMs, redrive }))!;
      const ids = held.map(({ message }) => message.id);
      assert.deepEqual(ids, model.receive(limit, invisibleMs));
      for (const { message, receipt, receives } of held) {
        assert.equal(receives, model.find(message.id)?.receives);
        receipts.push({ id: message.id, receipt, receives });
      }
      const oldestFirst = ids.toSorted((one, other) => Number(one.slice(2)) - Number(other.slice(2)));
      if (invisibleMs === 1) model.release(oldestFirst);
    } else {
      const picked = receipts[each.pick % Math.max(receipts.length, 1)];
      if (picked === undefined) continue;
      const isThere = model.find(picked.id) !== undefined;
      if (each.do === "delete") {
        const expected = isGood(picked) || !isThere ? "deleted" : "expired";
        assert.deepEqual(await broker.fifo.delete("work.fifo", [picked.receipt]), [expected]);
        if (isGood(picked)) model.remove(picked.id);
      } else {
        const expected = isGood(picked) ? "changed" : "gone";
        const change = { receipt: picked.receipt, invisibleMs: 0 };
        assert.deepEqual(await broker.fifo.hide("work.fifo", [change]), [expected]);
        if (isGood(picked)) model.giveBack(picked.id);
      }
    }
    await eventually(`the counts of the model, ${JSON.stringify(model.counts)}`, async () =>
      isDeepStrictEqual(await broker.fifo.counts("work.fifo"), model.counts),
    );
    assert.equal((await broker.fifo.counts("dead.fifo"))?.visible, model.dead.length);
  }
  await broker.close();
}
