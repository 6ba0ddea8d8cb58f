import { NO_ARCHIVES } from "../no-archives.ts";
import { NO_LINES } from "../functions/no-lines.ts";
import { NO_CALLS } from "../no-calls.ts";
import { NO_MAPPINGS } from "../no-mappings.ts";
import { createSealing } from "../../../src/edge/sealing/sealing.ts";
import { MADE_CHECKS } from "../../../src/config/made/entry/made-checks.ts";
import assert from "node:assert/strict";
import { KeptList } from "../../../src/flow/schedule/kept/kept-list.ts";
import { NO_QUEUE_OBSERVER } from "../no-queue-observer.ts";
import { NO_QUEUE_DELETIONS } from "../../../src/flow/queues/queue-deletions.ts";
import { RouterQueues } from "../../../src/flow/queues/message-queues.ts";
import { NO_BOOK } from "../../../src/flow/schedule/kept/stored-book.ts";
import { NOT_KEPT } from "../../../src/flow/made/made-config.ts";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleepFor } from "node:timers/promises";
import { createAdminApp } from "../../../src/edge/admin/admin-app.ts";
import { createPublicApp } from "../../../src/edge/public/public-app.ts";
import { UnprovenRoom } from "../../../src/edge/http/unproven-room.ts";
import { listen } from "../../../src/edge/http/server.ts";
import type { SqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { Admission } from "../../../src/flow/put/admission.ts";
import { FairShare } from "../../../src/flow/put/fair-share.ts";
import { createPut } from "../../../src/flow/put/put.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { Jobs } from "../../../src/flow/jobs/jobs.ts";
import { letterWork } from "../../../src/flow/redrive/letter-work.ts";
import { moveWork } from "../../../src/flow/redrive/move-run.ts";
import { createDeadLetters } from "../../../src/flow/redrive/redrive.ts";
import { BlockedKeys } from "../../../src/flow/order/blocked-keys.ts";
import { Pauses } from "../../../src/flow/pause/pauses.ts";
import { declarationsOf } from "../../../src/domain/queue/configured-queues.ts";
import type { Authenticator } from "../../../src/edge/http/auth/authenticator.ts";
import type { LetterOrder } from "../../../src/domain/job/job.ts";
import { VERSION } from "../http/admin-app.ts";
import { testLimits } from "../limits.ts";
import { NO_TRACES } from "../observe/no-traces.ts";
import { RecordingObserver } from "../observe/recording-observer.ts";
import { allowEverybody } from "../http/authenticator.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../sample.ts";

const NO_ROUTERS = { list: () => [], lastHour: () => [] };

/** The real applications of both ports over the embedded broker, with nobody who consumes. */
export class BareRouter {
  readonly folder: string;
  readonly broker: SqliteBroker;
  publicUrl = "";
  adminUrl = "";
  readonly pauses: Pauses;
  readonly blockedKeys: BlockedKeys;
  queues: RouterQueues | undefined;
  readonly #controlLog: SharedLog;
  #jobs: Jobs | undefined;
  readonly #servers: Awaited<ReturnType<typeof listen>>[] = [];

  constructor(folder: string, broker: SqliteBroker) {
    this.folder = folder;
    this.broker = broker;
    this.#controlLog = new SharedLog(broker, () => assert.fail());
    this.pauses = new Pauses({ log: this.#controlLog, newId: randomUUID, nowMs: () => 0 });
    const unobserved = { keepsOrder: () => true, onBlocked: () => undefined, onGoesOn: () => undefined };
    this.blockedKeys = new BlockedKeys({ log: this.#controlLog, nowMs: Date.now, ...unobserved });
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
    const { limits } = testLimits();
    const inFlight = new InFlightBytes(16 * 1024 * 1024);
    const observer = new RecordingObserver();
    const shared = {
      broker,
      config: () => config,
      changes: NOT_KEPT,
      schedules: NO_BOOK,
      identity: IDENTITY,
      pause: () => Promise.resolve(),
    };
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
    const deadLetters = createDeadLetters({
      ...shared,
      observer,
      deriveId: (text) => `of-${String((JSON.parse(text) as unknown[])[0])}`,
      nowMs: Date.now,
      steadyMs: () => performance.now(),
      sleep,
    });
    const times = { nowMs: Date.now, steadyMs: () => performance.now(), sleep };
    const naming = { newId: randomUUID, deriveId: (text: string) => text };
    const moves = moveWork({ ...shared, observer: NO_QUEUE_OBSERVER, ...naming, ...times });
    const jobs = (this.#jobs = new Jobs({
      log: this.#controlLog,
      broadcast: broker,
      isConnected: () => true,
      work: (order, control) =>
        order.kind === "move" ? moves(order, control) : letterWork(deadLetters)(order as LetterOrder, control),
      silenceMs: 0,
      heldBackMs: 0,
      tickMs: 100,
      router: "bare",
      observer,
      onError: report,
      newId: randomUUID,
      nowMs: Date.now,
      steadyMs: () => performance.now(),
      sleep,
    }));
    const queues = (this.queues = new RouterQueues({ broker, inFlight, observer: NO_QUEUE_OBSERVER, nowMs: Date.now }));
    const publicApp = createPublicApp({
      ...shared,
      jobs,
      queues,
      deletions: NO_QUEUE_DELETIONS,
      mappings: NO_MAPPINGS,
      functionCalls: NO_CALLS,
      functionUrlOrigin: "http://localhost:8081",
      functionLines: NO_LINES,
      linesLateMs: 0,
      putEntries,
      rooms: {
        limit: limits.body,
        of: (who) => inFlight.putsOf(who),
        unproven: new UnprovenRoom(inFlight.unprovenLimitBytes, () => undefined),
      },
      limits,
      authenticator,
      checks: MADE_CHECKS,
      archives: NO_ARCHIVES,
      sealing: createSealing([]),
      authorizeConnection: () => undefined,
      traces: NO_TRACES,
      hasRoom: () => true,
      takeTurn: () => Promise.resolve(() => undefined),
      report,
    });
    await this.#controlLog.start();
    const metrics = () => Promise.resolve({ contentType: "text/plain", body: "" });
    const adminApp = createAdminApp({
      ...shared,
      router: () => ({
        state: "running",
        broker,
        pauses: this.pauses,
        blockedKeys: this.blockedKeys,
        deadLetters,
        jobs,
        archivedEvents: { matches: () => Promise.resolve(undefined) },
        replayCounts: { count: () => Promise.resolve(undefined) },
        tail: { open: () => "full" },
        functionTests: { test: () => Promise.resolve("full") },
        functionLines: NO_LINES,
        routers: NO_ROUTERS,
        schedules: new KeptList(NO_BOOK, IDENTITY, { of: () => undefined }),
        archives: NO_ARCHIVES,
        mappings: NO_MAPPINGS,
        queues,
      }),
      metrics,
      render: () => ({ is: "unknown", message: "nothing to render" }),
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
    await this.#jobs?.stop();
    await this.broker.close();
    await rm(this.folder, { recursive: true });
  }
}
