import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it, type TestContext } from "node:test";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { SqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { bodies, FIFO, fifoContract, fifoOf } from "../broker/fifo-contract.ts";

async function folderOf(t: TestContext): Promise<{ readonly folder: string; readonly opened: SqliteBroker[] }> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-fifo-"));
  const opened: SqliteBroker[] = [];
  t.after(async () => {
    await Promise.all(opened.map((broker) => broker.close()));
    await rm(folder, { recursive: true });
  });
  return { folder, opened };
}

fifoContract(
  "SQLite",
  async (t) => {
    const { folder, opened } = await folderOf(t);
    return {
      async openBroker(events = {}) {
        const broker = await openSqliteBroker({ folder, events });
        opened.push(broker);
        return broker;
      },
      async crash(broker) {
        await opened.find((each) => each === broker)?.abandon();
      },
    };
  },
  { keepsAll: true },
);

describe("FIFO queues on SQLite", () => {
  it("what was deduplicated for 5 minutes may be sent again, and what a group was before is forgotten", async (t) => {
    const { folder } = await folderOf(t);
    const before = await openSqliteBroker({ folder, events: {} });
    const first = await fifoOf(before);
    await first.send("g1-m1", "g2-m1");
    await first.remove(...(await first.get({ limit: 2 })));
    await before.close();
    const database = new DatabaseSync(join(folder, "busbar.sqlite"));
    assert.equal(database.prepare("SELECT count(*) AS n FROM fifo_groups").get()?.["n"], 0);
    // As if they had been sent 5 minutes ago.
    database.exec("UPDATE fifo_sent SET until_ms = until_ms - 300000");
    database.close();

    const after = await openSqliteBroker({ folder, events: {} });
    t.after(() => after.close());
    const second = await fifoOf(after);
    await second.send("g1-m1");
    assert.deepEqual(bodies(await second.get()), ["g1-m1"]);
  });

  it("messages of a queue that an older router had without groups are a group, in their order", async (t) => {
    const { folder } = await folderOf(t);
    const before = await openSqliteBroker({ folder, events: {} });
    await before.declare([declarationOf(FIFO)]);
    await before.publish(["m1", "m2"].map((id) => ({ queue: FIFO, id, body: Buffer.from(id), headers: {} })));
    await before.close();
    const database = new DatabaseSync(join(folder, "busbar.sqlite"));
    database.exec("UPDATE messages SET fifo_group = NULL");
    database.close();

    const after = await openSqliteBroker({ folder, events: {} });
    t.after(() => after.close());
    const { get } = await fifoOf(after);
    assert.deepEqual(bodies(await get({ limit: 10 })), ["m1", "m2"]);
  });

  it("a group whose first message somebody browses waits until the browse ends", async (t) => {
    const { folder, opened } = await folderOf(t);
    const broker = await openSqliteBroker({ folder, events: {} });
    opened.push(broker);
    const { send, get, fifo } = await fifoOf(broker);
    await send("g1-m1", "g1-m2");
    const browsing = await broker.browse(FIFO);
    assert.equal((await browsing.next(1)).length, 1);
    assert.deepEqual(await get(), []);
    const ringing = fifo.bell(FIFO, AbortSignal.timeout(60_000));
    await browsing.end();
    assert.equal(await ringing, true);
    assert.deepEqual(bodies(await get({ limit: 10 })), ["g1-m1", "g1-m2"]);
  });
});
