import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleepFor } from "node:timers/promises";
import { createAdminApp } from "../../src/edge/admin/admin-app.ts";
import { createPublicApp } from "../../src/edge/public/public-app.ts";
import { UnprovenRoom } from "../../src/edge/http/unproven-room.ts";
import { listen } from "../../src/edge/http/server.ts";
import type { SqliteBroker } from "../../src/edge/sqlite/broker.ts";
import { openSqliteBroker } from "../../src/edge/sqlite/broker.ts";
import { InFlightBytes } from "../../src/flow/budget/in-flight.ts";
import { Admission } from "../../src/flow/put/admission.ts";
import { FairShare } from "../../src/flow/put/fair-share.ts";
import { createPut } from "../../src/flow/put/put.ts";
import { createDeadLetters } from "../../src/flow/redrive/redrive.ts";
import { Pauses } from "../../src/flow/pause/pauses.ts";
import { declarationsOf } from "../../src/domain/queue/configured-queues.ts";
import type { Authenticator } from "../../src/edge/http/auth/authenticator.ts";
import { VERSION } from "./admin-app.ts";
import { testLimits } from "./limits.ts";
import { RecordingObserver } from "./recording-observer.ts";
import { allowEverybody } from "./authenticator.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "./sample.ts";

/** The real applications of both ports over the embedded broker, with nobody who consumes. */
export class BareRouter {
  readonly folder: string;
  readonly broker: SqliteBroker;
  publicUrl = "";
  adminUrl = "";
  readonly pauses: Pauses;
  readonly #servers: Awaited<ReturnType<typeof listen>>[] = [];

  constructor(folder: string, broker: SqliteBroker) {
    this.folder = folder;
    this.broker = broker;
    this.pauses = new Pauses({ log: broker, newId: randomUUID, nowMs: () => 0, onUnreadable: () => assert.fail() });
  }

  static async start(authenticator = allowEverybody()): Promise<BareRouter> {
    const folder = await mkdtemp(join(tmpdir(), "busbar-cli-"));
    const router = new BareRouter(folder, await openSqliteBroker({ folder, events: {} }));
    await router.#listen(authenticator);
    return router;
  }

  async #listen(authenticator: Authenticator): Promise<void> {
    const { broker } = this;
    const rule = sampleRule("keep", { source: ["shop.checkout"] }, [
      sampleTarget("log", { kind: "queue", name: "orders" }),
    ]);
    const config = sampleConfig({
      functions: [sampleFunction("stock"), sampleFunction("held", { paused: true })],
      queues: ["orders", "empty"],
      rules: [rule],
    });
    await broker.declare(declarationsOf(config));
    this.pauses.follow(config);
    await this.pauses.start();
    const { limits } = testLimits();
    const inFlight = new InFlightBytes(16 * 1024 * 1024);
    const observer = new RecordingObserver();
    const shared = { broker, config: () => config, identity: IDENTITY, pause: () => Promise.resolve() };
    const sleep = (ms: number, signal: AbortSignal) => sleepFor(ms, undefined, { signal });
    let ids = 0;
    const putEntries = createPut({
      ...shared,
      inFlight,
      admission: new Admission(limits.entriesInFlight, () => 0),
      share: new FairShare(() => Promise.resolve()),
      observer,
      newId: () => `id-${++ids}`,
      nowMs: () => 0,
    });
    const report = (...problem: unknown[]) => assert.fail(String(problem));
    const publicApp = createPublicApp({
      ...shared,
      putEntries,
      rooms: {
        limit: limits.body,
        of: (who) => inFlight.putsOf(who),
        unproven: new UnprovenRoom(inFlight.unprovenLimitBytes, () => undefined),
      },
      limits,
      authenticator,
      hasRoom: () => true,
      takeTurn: () => Promise.resolve(() => undefined),
      report,
    });
    const deadLetters = createDeadLetters({
      ...shared,
      observer,
      deriveId: (text) => `of-${String((JSON.parse(text) as unknown[])[0])}`,
      nowMs: Date.now,
      steadyMs: () => performance.now(),
      sleep,
    });
    const metrics = () => Promise.resolve({ contentType: "text/plain", body: "" });
    const adminApp = createAdminApp({
      ...shared,
      router: () => ({ state: "running", broker, pauses: this.pauses, deadLetters, tail: { open: () => "full" } }),
      metrics,
      explain: () => Promise.resolve({ ok: false, reason: "unknown", message: "nothing to explain" }),
      authenticator,
      readiness: () => ({ ready: true }),
      version: VERSION,
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
