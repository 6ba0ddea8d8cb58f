import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { join } from "node:path";
import { openSqliteStore } from "../../../src/edge/sqlite/store/sqlite-store.ts";
import { takeRouterLock } from "../../../src/edge/rabbitmq/router-lock.ts";
import { eventually } from "../../contract/waiting.ts";
import { freePorts } from "../../support/http/free-ports.ts";
import { createDatabase, query, startPostgres } from "../../support/store/postgres.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

describe("A router with the embedded store", () => {
  it(
    "A router opens the embedded store when it is asked to, and gives it free at its end",
    { timeout: 60_000 },
    async (t) => {
      const router = await Router.start({ config: "{}", env: { BUSBAR_STORE: "embedded" } });
      t.after(() => router.remove());
      assert.ok(router.log.some(({ msg }) => msg === "the store is available"));
      assert.equal(await router.stop(), 0);
      const { store } = await openSqliteStore({ folder: join(router.folder, "data"), events: {} });
      assert.equal(await store.revision(), 0);
      await store.close();
    },
  );

  it("A router with the embedded store on RabbitMQ is the only one", { timeout: 60_000 }, async (t) => {
    const broker = await freshVhost(t);
    const router = await Router.start({ config: "{}", env: { BUSBAR_STORE: "embedded", BUSBAR_BROKER: broker } });
    t.after(() => router.remove());
    const nothing = (): void => undefined;
    const taking = () => takeRouterLock({ urls: [broker], patienceMs: 0, fault: nothing, disconnected: nothing });
    await assert.rejects(taking(), /another router has the place of the one with an embedded store/);
    assert.equal(await router.stop(), 0);
    await (await taking()).release();
  });
});

describe("A router with a store in PostgreSQL", { timeout: 120_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.remove());

  it("A router is ready once it has read the store, and goes on delivering while the store is away", async (t) => {
    const url = await createDatabase(server.url, t);
    const fn = await RecordingFunction.start();
    t.after(() => fn.stop());
    const config = `
functions:
  counter: { http: { url: "${fn.url}" } }
rules:
  all: { eventPattern: { source: [test] }, targets: { counter: { function: counter } } }
`;
    const [adminPort = 0] = await freePorts(1);
    await server.stop();
    const starting = Router.start({ config, env: { BUSBAR_STORE: url, BUSBAR_ADMIN_PORT: String(adminPort) } });
    const readiness = async (): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
      return response === undefined ? "" : `${response.status} ${await response.text()}`;
    };
    await eventually("it waits for the store", async () => (await readiness()).includes("waiting for the store"));
    assert.match(await readiness(), /^503 /);
    await server.start();
    const router = await starting;
    t.after(() => router.remove());
    assert.match(await readiness(), /^200 /);
    assert.equal((await query(url, "SELECT 1 FROM busbar.counter")).length, 1);

    await server.kill();
    await eventually("it notices", async () => (await router.metric("busbar_store_unavailable")) === 1);
    assert.equal((await router.put([{ detail: { while: "away" } }])).status, 200);
    await eventually("the event is delivered", () => fn.calls.length === 1);
    assert.match(await readiness(), /^200 /);
    await server.start();
    await eventually("it notices that too", async () => (await router.metric("busbar_store_unavailable")) === 0);
    const lines = (): readonly string[] =>
      router.log.filter(({ msg }) => msg.startsWith("the store is")).map(({ level, msg }) => `${level}: ${msg}`);
    // A line may come a moment after the metric.
    await eventually("it is logged", () => lines().length >= 4);
    const [away, back] = ["warn: the store is not available", "info: the store is available"];
    assert.deepEqual(lines(), [away, back, away, back]);
    assert.equal(await router.metric("busbar_store_outages_total"), 1);
    assert.ok((await router.metricSum("busbar_store_failures_total", { operation: "changedAfter" })) > 0);
    assert.equal(await router.stop(), 0);
  });
});
