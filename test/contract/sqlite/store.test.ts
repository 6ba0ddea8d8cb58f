import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it, type TestContext } from "node:test";
import type { Store, StoreEvents } from "../../../src/ports/store/store.ts";
import { openSqliteStore, type OpenedSqliteStore } from "../../../src/edge/sqlite/store/sqlite-store.ts";
import { openStoreFile } from "../../../src/edge/sqlite/store/store-file.ts";
import { STORE_SCHEMA_VERSION } from "../../../src/edge/store/migrations.ts";
import type { StoreFixture } from "../store/store-case.ts";
import { committed, KIND, namesIn, put, refusalFrom } from "../store/store-case.ts";
import { storeContract } from "../store/store-contract.ts";

storeContract("SQLite", async (t): Promise<StoreFixture> => {
  const folder = await temporaryFolder(t);
  const opened: OpenedSqliteStore[] = [];
  const close = (): Promise<unknown> => Promise.all(opened.map(({ store }) => store.close()));
  const openStore = async (events: Partial<StoreEvents> = {}): Promise<Store> => {
    const one = await openSqliteStore({ folder, events });
    opened.push(one);
    return one.store;
  };
  t.after(close);
  return {
    openStore,
    async crash(store) {
      await opened.find((one) => one.store === store)?.abandon();
    },
    ageDeletions() {
      const database = new DatabaseSync(join(folder, "store.sqlite"));
      database.exec("UPDATE entities SET changed_at_ms = 0 WHERE value IS NULL");
      database.close();
      return Promise.resolve();
    },
  };
});

describe("The embedded store alone", () => {
  it("refuses a folder that is in use, and names it", async (t) => {
    const folder = await temporaryFolder(t);
    const { store } = await openSqliteStore({ folder, events: {} });
    t.after(() => store.close());
    await assert.rejects(openSqliteStore({ folder, events: {} }), (error) => {
      assert.ok(error instanceof Error && error.message.includes(folder));
      assert.match(error.message, /is in use by another Busbar/);
      return true;
    });
  });

  it("says that its disk is full, changes nothing, goes on reading, and goes on when there is room", async (t) => {
    const folder = await temporaryFolder(t);
    const small = await openSqliteStore({ folder, events: {}, bytesMax: 200_000 });
    await committed(small.store, put("small"));
    assert.equal(await refusalFrom(small.store.commit([put("b"), put("large", "x".repeat(500_000))])), "full");
    assert.deepEqual([await namesIn(small.store), await small.store.revision()], [["small"], 1]);
    assert.equal(await committed(small.store, put("another")), 2);
    await small.store.close();
    const { store } = await openSqliteStore({ folder, events: {} });
    t.after(() => store.close());
    assert.equal(await committed(store, put("large", "x".repeat(500_000))), 3);
  });

  it("takes every earlier version of its schema to the newest, which is the same from each", async (t) => {
    const schemas: unknown[] = [];
    for (let version = 0; version <= STORE_SCHEMA_VERSION; version++) {
      const folder = await temporaryFolder(t);
      (await openStoreFile(folder, undefined, version)).close();
      (await openStoreFile(folder, undefined)).close();
      const database = new DatabaseSync(join(folder, "store.sqlite"));
      schemas.push(database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all());
      database.close();
    }
    for (const schema of schemas) assert.deepEqual(schema, schemas[0]);
    assert.match(JSON.stringify(schemas[0]), /due_work/);
  });

  it("refuses a schema that takes a newer router, and uses a newer one that does not", async (t) => {
    const folder = await temporaryFolder(t);
    (await openStoreFile(folder, undefined)).close();
    newerSchema(folder, STORE_SCHEMA_VERSION + 1, STORE_SCHEMA_VERSION);
    (await openStoreFile(folder, undefined)).close();
    newerSchema(folder, STORE_SCHEMA_VERSION + 2, STORE_SCHEMA_VERSION + 2);
    await assert.rejects(openSqliteStore({ folder, events: {} }), /was changed by a newer Busbar/);
  });

  it("reports each call, and when it can no longer be asked", async (t) => {
    const heard: string[] = [];
    const { store, abandon } = await openSqliteStore({
      folder: await temporaryFolder(t),
      events: {
        available: () => heard.push("available"),
        unavailable: ({ reason }) => heard.push(`not available: ${reason}`),
        operated: (operation, seconds, failure) => {
          assert.ok(seconds > 0 && seconds < 60);
          heard.push(`${operation} ${failure ?? "done"}`);
        },
      },
    });
    await committed(store, put("a"));
    await store.get(KIND, "a");
    await abandon();
    for (let n = 0; n < 2; n++) assert.equal(await refusalFrom(store.revision()), "unavailable");
    assert.deepEqual(heard, [
      "commit done",
      "available",
      "get done",
      "revision unavailable",
      "not available: unavailable",
      "revision unavailable",
    ]);
  });
});

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-the-store-"));
  t.after(() => rm(folder, { recursive: true, maxRetries: 3 }));
  return folder;
}

function newerSchema(folder: string, version: number, oldestReader: number): void {
  const database = new DatabaseSync(join(folder, "store.sqlite"));
  database.prepare("INSERT INTO migrations VALUES (?, 'from the future', ?, 0)").run(version, oldestReader);
  database.close();
}
