import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { sleep } from "../../../src/async/sleep.ts";
import { checkpointQueue } from "../../../src/domain/queue/queues.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { PartitionLease } from "../../../src/flow/mappings/stream/partition-lease.ts";
import { eventually, within } from "../waiting.ts";

const QUEUE = checkpointQueue("6b0fdd2f-4c3a-4f21-9d2e-0a1b2c3d4e5f", 0);
const { signal: NEVER } = new AbortController();

async function leaseOf(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "busbar-lease-"));
  const broker = await openSqliteBroker({ folder, events: {} });
  const leaving = new AbortController();
  t.after(async () => {
    leaving.abort();
    await broker.close();
    await rm(folder, { recursive: true });
  });
  const deps = { broker, nowMs: Date.now, newId: randomUUID, sleep, leave: leaving.signal, onError: () => undefined };
  return { broker, lease: new PartitionLease(QUEUE, deps, () => undefined) };
}

describe("The lease of a partition whose mapping is deleted", () => {
  it(
    "ends without a last checkpoint when the queue was deleted while a call went on",
    { timeout: 60_000 },
    async (t) => {
      const { broker, lease } = await leaseOf(t);
      await lease.join(() => Promise.resolve({ kind: "oldest" }), NEVER);
      await eventually("it is held", () => lease.held !== undefined);
      await broker.remove(QUEUE);
      await within("it ends", lease.stop({ from: { kind: "offset", offset: 3 } }), 30_000);
      assert.equal(await broker.depth(QUEUE), undefined);
    },
  );

  it("makes no queue once it stops, which would be left behind", async (t) => {
    const { broker, lease } = await leaseOf(t);
    const stopping = new AbortController();
    const joining = lease.join(() => {
      stopping.abort(new Error("deleted"));
      return Promise.resolve({ kind: "oldest" });
    }, stopping.signal);
    await assert.rejects(joining, /deleted/);
    assert.equal(await broker.depth(QUEUE), undefined);
    await lease.stop(undefined);
  });
});
