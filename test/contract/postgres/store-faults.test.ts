import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { PostgresDatabase } from "../../../src/edge/postgres/postgres-database.ts";
import { postgresAddress } from "../../../src/edge/postgres/postgres-address.ts";
import { openPostgresStore, type PostgresStoreOptions } from "../../../src/edge/postgres/open-postgres-store.ts";
import { PostgresPool } from "../../../src/edge/postgres/postgres-pool.ts";
import { prepareSchema, schemaScript } from "../../../src/edge/postgres/postgres-schema.ts";
import { STORE_SCHEMA_VERSION } from "../../../src/edge/store/migrations.ts";
import type { Change } from "../../../src/ports/store/entities.ts";
import type { Store, StoreConnections, StoreEvents } from "../../../src/ports/store/store.ts";
import { createDatabase, query, startPostgres } from "../../support/store/postgres.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";
import { startTcpProxy, through } from "../../support/http/tcp-proxy.ts";
import { committed, KIND, namesIn, put, refusalFrom } from "../store/store-case.ts";
import { eventually, within } from "../waiting.ts";

/** What goes wrong with a server, on one that may be killed. */
describe("The store on PostgreSQL on a bad day", { timeout: 180_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.remove());

  it("is made once by many routers that start at once on an empty database", async (t) => {
    const url = await createDatabase(server.url, t);
    const heard: string[] = [];
    const stores = await Promise.all(Array.from({ length: 8 }, () => open(t, [url], listening(heard))));
    // They wait for each other: none fails and tries again.
    assert.deepEqual(heard, Array(8).fill("available"));
    const revisions = await Promise.all(stores.map((store, n) => committed(store, put(`n-${n}`))));
    assert.deepEqual(revisions.toSorted(), [1, 2, 3, 4, 5, 6, 7, 8]);
    const rows = await query(url, "SELECT version FROM busbar.migrations ORDER BY version");
    assert.equal(rows.length, STORE_SCHEMA_VERSION);
  });

  it("comes to the same schema from every earlier version, and keeps what is in it", async (t) => {
    const schemas: unknown[] = [];
    for (let version = 0; version <= STORE_SCHEMA_VERSION; version++) {
      const url = await createDatabase(server.url, t);
      const pool = new PostgresPool([postgresAddress(url, {})], 2);
      await prepareSchema(new PostgresDatabase(pool), version);
      if (version > 0) await query(url, "INSERT INTO busbar.entities VALUES ('rule', 'kept', '{}', 0, 0, 0)");
      await prepareSchema(new PostgresDatabase(pool));
      await pool.close();
      schemas.push(await schemaOf(url));
      assert.deepEqual(await namesIn(await open(t, [url])), version > 0 ? ["kept"] : []);
    }
    for (const schema of schemas) assert.deepEqual(schema, schemas[0]);
    assert.match(JSON.stringify(schemas[0]), /due_work_by_time/);
  });

  it("is waited for at the start, and says once what is in the way", async (t) => {
    const url = await createDatabase(server.url, t);
    await server.stop();
    const heard: string[] = [];
    const opening = open(t, [url], listening(heard));
    await eventually("it says so", () => heard.length > 0);
    await server.start();
    await committed(await within("opened", opening), put("a"));
    assert.deepEqual(heard, ["not available: unavailable", "available"]);
  });

  it("goes on by itself after a crash of its server, and has all that was committed", async (t) => {
    const heard: string[] = [];
    const store = await open(t, [await createDatabase(server.url, t)], listening(heard));
    await committed(store, put("before"));
    await server.kill();
    assert.notEqual(await refusalFrom(store.commit([put("lost")])), "done");
    assert.equal(await refusalFrom(store.get(KIND, "before")), "unavailable");
    await server.start();
    await eventually("it goes on", async () => (await refusalFrom(store.commit([put("after")]))) === "done");
    assert.deepEqual(await namesIn(store), ["after", "before"]);
    assert.deepEqual(heard, ["available", "not available: unavailable", "available"]);
  });

  for (const arrives of [true, false]) {
    it(`says that it is unknown what became of a commit whose ${arrives ? "answer" : "request"} was lost`, async (t) => {
      const url = await createDatabase(server.url, t);
      const proxy = await startTcpProxy(Number(new URL(url).port));
      t.after(() => proxy.close());
      const store = await open(t, [through(proxy, url)]);
      await committed(store, put("first"));
      proxy.onUpstream((chunk) => {
        if (!chunk.includes("COMMIT\0")) return;
        if (arrives) proxy.stall("downstream");
        else proxy.cut();
      });
      const asking = refusalFrom(store.commit([{ ...put("second"), expect: "absent" }]));
      const other = await open(t, [url]);
      if (arrives) {
        await eventually("it is committed", async () => (await other.get(KIND, "second")) !== undefined);
        proxy.cut();
      }
      assert.equal(await asking, "unknown");
      proxy.onUpstream(() => undefined);
      proxy.resume();
      // A look tells, and who tries again with the same expectation changes nothing twice.
      const again = await store.commit([{ ...put("second"), expect: "absent" }]);
      assert.equal(again.ok, !arrives);
      assert.deepEqual([await namesIn(other), await other.revision()], [["first", "second"], 2]);
    });
  }

  it("follows a fail-over to the server that takes changes", async (t) => {
    const url = await createDatabase(server.url, t);
    const standby = await server.startStandby();
    t.after(() => standby.remove());
    const standbyUrl = new URL(url);
    standbyUrl.port = new URL(standby.url).port;
    const store = await open(t, [standbyUrl.href, url]);
    await committed(store, put("before"));
    await eventually("the standby has it", async () => {
      const rows = await query(standbyUrl.href, "SELECT 1 FROM busbar.entities").catch(() => []);
      return rows.length === 1;
    });
    await server.kill();
    try {
      await standby.promote();
      await eventually("it goes on", async () => (await refusalFrom(store.commit([put("after")]))) === "done");
      assert.deepEqual(await namesIn(store), ["after", "before"]);
    } finally {
      await server.start();
    }
  });

  it("says that the disk is full, changes nothing, and goes on when there is room", async (t) => {
    const url = await createDatabase(server.url, t);
    const store = await open(t, [url]);
    await committed(store, put("before"));
    // As PostgreSQL says it: the disk of the test's machine is better left alone.
    await query(
      url,
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
         $$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END$$;
       CREATE TRIGGER full_disk BEFORE INSERT ON busbar.entities EXECUTE FUNCTION full_disk()`,
    );
    assert.equal(await refusalFrom(store.commit([put("after")])), "full");
    assert.deepEqual([await namesIn(store), await store.revision()], [["before"], 1]);
    await query(url, "DROP TRIGGER full_disk ON busbar.entities");
    assert.equal(await committed(store, put("after")), 2);
  });

  it("is refused to a wrong password until that is put right", async (t) => {
    const url = await createDatabase(server.url, t);
    await query(
      url,
      "CREATE ROLE keeper LOGIN PASSWORD 'right'; GRANT CREATE ON DATABASE " + databaseOf(url) + " TO keeper",
    );
    t.after(() => query(server.url, "DROP ROLE keeper"));
    await server.configure({ hba: "host all keeper 127.0.0.1/32 scram-sha-256" });
    const heard: string[] = [];
    const opening = open(t, [as("keeper", "wrong", url)], listening(heard));
    await eventually("it says so", () => heard.length > 0);
    await query(url, "ALTER ROLE keeper PASSWORD 'wrong'");
    await committed(await within("opened", opening), put("a"));
    assert.deepEqual(heard, ["not available: refused", "available"]);
  });

  it("is used by a role that may not change its schema, once another one ran the script", async (t) => {
    const url = await createDatabase(server.url, t);
    await query(url, `CREATE ROLE "plain role" LOGIN`);
    t.after(() => query(server.url, `DROP ROLE "plain role"`));
    let refusal = "";
    const opening = open(t, [as("plain role", "", url)], { unavailable: ({ message }) => (refusal = message) });
    await eventually("it is refused", () => refusal !== "");
    assert.match(
      refusal,
      /schema has version 0, \d+ is needed, and the role may not change it: .*`busbar store script`/,
    );
    await query(url, schemaScript(0, "plain role"));
    const store = await within("opened", opening);
    await committed(store, put("a"), scheduled("w"));
    assert.equal((await store.claimDue(KIND, 1, 1_000)).length, 1);
    assert.equal((await store.acquire("lease", "me", 1_000)).held, true);
  });

  it("is not used through a schema that takes a newer router", async (t) => {
    const url = await createDatabase(server.url, t);
    await (await open(t, [url])).close();
    await query(url, `INSERT INTO busbar.migrations VALUES (99, 'from the future', 98, 0)`);
    const refusals: string[] = [];
    const stopping = new AbortController();
    const opening = open(t, [url], { unavailable: ({ message }) => void refusals.push(message) }, stopping.signal);
    await eventually("it is refused", () => refusals.length > 0);
    stopping.abort();
    await assert.rejects(opening, { name: "AbortError" });
    assert.match(refusals.join(), /was changed by a newer Busbar: its schema has version 99/);
  });

  it("is held up for a bounded time by a router that stalls in the middle of a commit", async (t) => {
    const url = await createDatabase(server.url, t);
    const store = await open(t, [url]);
    const pool = new PostgresPool([postgresAddress(url, {})], 1);
    t.after(() => pool.close());
    const [stalled, holds] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const stalling = new PostgresDatabase(pool).transaction(async (session) => {
      await session.rows("UPDATE busbar.counter SET revision = revision + 1");
      holds.resolve(undefined);
      await stalled.promise;
      return { keep: true, result: undefined };
    }, 300);
    await holds.promise;
    assert.equal(await within("another commits", committed(store, put("a")), 5_000), 1);
    stalled.resolve(undefined);
    assert.notEqual(await refusalFrom(stalling), "done");
    assert.equal(await store.revision(), 1);
  });

  it("says how many connections are used, and how long a call waits for one", async (t) => {
    const url = await createDatabase(server.url, t);
    let count = (): StoreConnections => assert.fail("nothing said how to count them");
    const waits: number[] = [];
    const { signal } = new AbortController();
    const events = { pooled: (counted: typeof count) => (count = counted), waited: (s: number) => waits.push(s) };
    const store = await openPostgresStore({ urls: [url], tls: {}, connections: 1, events, signal });
    t.after(() => store.close());
    const asked = Array.from({ length: 3 }, () => store.revision());
    assert.ok(count().waiting >= 2, "there is one connection");
    const before = waits.length;
    await Promise.all(asked);
    assert.deepEqual(count(), { used: 0, idle: 1, waiting: 0 });
    const [first = 0, , last = 0] = waits.slice(before);
    assert.ok(waits.length === before + 3 && last > first, "each waits for the one before");
  });

  it("takes commits of the same things in any order at once, without a deadlock", async (t) => {
    const url = await createDatabase(server.url, t);
    const store = await open(t, [url]);
    const work = Array.from({ length: 40 }, (_, n) => scheduled(`w-${n}`));
    await Promise.all(Array.from({ length: 10 }, (_, n) => committed(store, ...(n % 2 ? work : work.toReversed()))));
    const deadlocks = "SELECT deadlocks::int AS count FROM pg_stat_database WHERE datname = current_database()";
    assert.deepEqual(await query(url, deadlocks), [{ count: 0 }]);
  });

  it("does again what PostgreSQL ended in favour of another transaction", async (t) => {
    const url = await createDatabase(server.url, t);
    const store = await open(t, [url]);
    // A sequence goes on where a transaction is rolled back, so it counts the tries.
    await query(
      url,
      `CREATE SEQUENCE tries;
       CREATE FUNCTION chosen() RETURNS trigger LANGUAGE plpgsql AS
         $$BEGIN IF nextval('tries') < 3 THEN RAISE EXCEPTION 'chosen' USING ERRCODE = 'deadlock_detected'; END IF; RETURN NEW; END$$;
       CREATE TRIGGER chosen BEFORE INSERT ON busbar.entities FOR EACH ROW EXECUTE FUNCTION chosen()`,
    );
    assert.equal(await committed(store, put("a")), 1);
    assert.deepEqual(await query(url, "SELECT last_value::int FROM tries"), [{ last_value: 3 }]);
  });
});

function scheduled(name: string): Change {
  return { change: "schedule", kind: KIND, name, dueAtMs: 0, value: "" };
}

function open(
  t: TestContext,
  urls: readonly string[],
  events: Partial<StoreEvents> = {},
  signal: AbortSignal = AbortSignal.timeout(60_000),
): Promise<Store> {
  const options: PostgresStoreOptions = { urls, tls: {}, connections: 5, events, signal };
  const opening = openPostgresStore(options);
  t.after(() =>
    opening.then(
      (store) => store.close(),
      () => undefined,
    ),
  );
  return opening;
}

function listening(heard: string[]): Partial<StoreEvents> {
  return {
    available: () => void heard.push("available"),
    unavailable: ({ reason }) => void heard.push(`not available: ${reason}`),
  };
}

function as(role: string, password: string, text: string): string {
  const url = new URL(text);
  [url.username, url.password] = [encodeURIComponent(role), password];
  return url.href;
}

function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function schemaOf(url: string): Promise<unknown> {
  const columns = await query(
    url,
    `SELECT table_name, column_name, data_type, is_nullable, collation_name, ordinal_position
     FROM information_schema.columns WHERE table_schema = 'busbar' ORDER BY table_name, ordinal_position`,
  );
  const indexes = await query(url, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'busbar' ORDER BY indexname");
  return [columns, indexes];
}
