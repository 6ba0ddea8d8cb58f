import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdminApp } from "../../src/edge/http/admin/admin-app.ts";
import { createPublicApp } from "../../src/edge/http/public-app.ts";
import { listen } from "../../src/edge/http/server.ts";
import type { SqliteBroker } from "../../src/edge/sqlite/broker.ts";
import { openSqliteBroker } from "../../src/edge/sqlite/broker.ts";
import { InFlightBytes } from "../../src/flow/in-flight.ts";
import { createIngest } from "../../src/flow/ingest.ts";
import { declarationsOf } from "../../src/flow/subscriptions.ts";
import { RecordingObserver } from "./recording-observer.ts";
import { IDENTITY, sampleConfig, sampleRule, sampleTarget } from "./sample.ts";

/** The real applications of both ports over the embedded broker, with nobody who consumes. */
export class BareRouter {
  readonly folder: string;
  readonly broker: SqliteBroker;
  publicUrl = "";
  adminUrl = "";
  readonly #servers: Awaited<ReturnType<typeof listen>>[] = [];

  constructor(folder: string, broker: SqliteBroker) {
    this.folder = folder;
    this.broker = broker;
  }

  static async start(): Promise<BareRouter> {
    const folder = await mkdtemp(join(tmpdir(), "busbar-cli-"));
    const router = new BareRouter(folder, await openSqliteBroker({ folder, events: {} }));
    await router.#listen();
    return router;
  }

  async #listen(): Promise<void> {
    const { broker } = this;
    const rule = sampleRule("keep", { source: ["shop.checkout"] }, [
      sampleTarget("log", { kind: "queue", name: "orders" }),
    ]);
    const config = sampleConfig({ queues: ["orders", "empty"], rules: [rule] });
    await broker.declare(declarationsOf(config));
    const inFlight = new InFlightBytes(16 * 1024 * 1024);
    const observer = new RecordingObserver();
    const shared = { broker, config: () => config, identity: IDENTITY };
    let ids = 0;
    const ingest = createIngest({ ...shared, inFlight, observer, newId: () => `id-${++ids}`, nowMs: () => 0 });
    const report = (...problem: unknown[]) => assert.fail(String(problem));
    const publicApp = createPublicApp({ ...shared, ingest, budget: inFlight, report });
    const metrics = () => Promise.resolve({ contentType: "text/plain", body: "" });
    const adminApp = createAdminApp({
      ...shared,
      broker: () => broker,
      metrics,
      readiness: () => ({ ready: true }),
      report,
    });
    for (const app of [publicApp, adminApp]) this.#servers.push(await listen(app, { host: "127.0.0.1", port: 0 }));
    [this.publicUrl, this.adminUrl] = this.#servers.map(({ url }) => url) as [string, string];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close(1_000)));
    await this.broker.close();
    await rm(this.folder, { recursive: true });
  }
}
