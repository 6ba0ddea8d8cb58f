import { createHash, randomUUID } from "node:crypto";
import { setImmediate as nextTurn, setTimeout as sleepFor } from "node:timers/promises";
import { readTlsFiles } from "../config/live/live-certificate.ts";
import { LiveConfig } from "../config/live/live-config.ts";
import type { Settings } from "../config/settings.ts";
import { limitSizes } from "../config/settings.ts";
import type { Broker, BrokerEvents } from "../ports/broker.ts";
import type { Config } from "../domain/config.ts";
import type { DeadLetters } from "../ports/dead-letters.ts";
import { explain } from "../flow/explain/explain-request.ts";
import { createLimits } from "../domain/limits.ts";
import { compileConditions } from "../edge/conditions/compile.ts";
import { createAdminApp } from "../edge/admin/admin-app.ts";
import { createPublicApp } from "../edge/public/public-app.ts";
import { listen } from "../edge/http/server.ts";
import { UnprovenRoom } from "../edge/http/unproven-room.ts";
import type { Observation } from "../edge/observe/observation.ts";
import { connectRabbitMq } from "../edge/rabbitmq/rabbitmq-broker.ts";
import { openSqliteBroker } from "../edge/sqlite/broker.ts";
import { InFlightBytes } from "../flow/budget/in-flight.ts";
import { Admission } from "../flow/put/admission.ts";
import { FairShare } from "../flow/put/fair-share.ts";
import { createIngest } from "../flow/put/put.ts";
import { Pauses } from "../flow/pause/pauses.ts";
import { createDeadLetters } from "../flow/redrive/redrive.ts";
import { declarationsOf } from "../flow/consume/subscriptions.ts";
import { startDeliveries } from "./deliver.ts";
import { openCertificate, openDoor } from "./access.ts";
import { Drain, Lifecycle } from "./lifecycle.ts";

/** How long a stop waits for a request that is being answered: twice what the broker has to confirm it. */
const REQUEST_MS_MAX = 10_000;

/** New connections that are taken in a turn of the event loop: clients that come must not wait for those that are there. */
const PUBLIC_SOCKETS = 32;

/** How long a start waits for the broker to tell what is paused. */
const PAUSES_KNOWN_MS = 30_000;

/** After the drain: how long what was abandoned has to be given back, and each further step of a stop has to end. */
const GIVE_BACK_MS = 3_000;
const STEP_MS = 5_000;

/** A running router. */
export interface App {
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly runtimeApiPort: number;
  /** Reads the configuration again, as a change of its files does. Resolves with whether it was taken over. */
  reload(): Promise<boolean>;
  /** Drains and stops. What finishes within the bound is not delivered again; the rest goes back to the broker. */
  stop(): Promise<void>;
}

/** What there is of the router so far: the admin port tells of it from the start. */
interface Status {
  readiness: { readonly ready: boolean; readonly reason?: string };
  broker?: Broker;
  pauses?: Pauses;
  deadLetters?: DeadLetters;
}

/**
 * The composition root: starts every part in the order it is needed, and registers how each is stopped.
 *
 * @throws ConfigError when the configuration is wrong; whatever a part throws that cannot start. What had been
 * started by then is stopped again.
 */
export async function startApp(settings: Settings, observation: Observation): Promise<App> {
  const lifecycle = new Lifecycle((step, error) =>
    observation.log.error({ step, error }, "a part did not stop in order"),
  );
  try {
    return await start(settings, observation, lifecycle);
  } catch (error) {
    await lifecycle.stop(STEP_MS);
    throw error;
  }
}

async function start(settings: Settings, observation: Observation, lifecycle: Lifecycle): Promise<App> {
  const { observer, log } = observation;
  const identity = { accountId: settings.accountId, region: settings.region };
  const report = (error: unknown): void => log.error({ error }, "an unexpected error");

  const live = await LiveConfig.open(
    settings.config,
    { compileConditions, allowProcess: settings.allowProcess, secretFolders: settings.secretFolders },
    observer,
  );
  observation.follow(live.current);
  const config = (): Config => live.current;

  // Before the broker, which may be a long time coming: whoever watches the process must see it alive, and not ready.
  const status: Status = { readiness: { ready: false, reason: "waiting for the broker" } };
  const limits = createLimits(limitSizes(settings), (name) => observer.limitExceeded(name));
  const door = await openDoor(settings, limits.principalRequests, observation, lifecycle);
  const certificate = await openCertificate(settings, observation, lifecycle);
  const adminApp = createAdminApp({
    metrics: () => observation.metrics(),
    readiness: () => status.readiness,
    broker: () => status.broker,
    pauses: () => status.pauses,
    deadLetters: () => status.deadLetters,
    config,
    door,
    identity,
    explain: (asked, mayExplain) =>
      explain(asked, { config: config(), identity, nowMs: Date.now(), pause: nextTurn, mayExplain }),
    report,
  });
  const admin = await listen(adminApp, { host: settings.host, port: settings.adminPort, certificate });
  lifecycle.onStop("admin server", () => admin.close(1_000));

  const broker = await openBroker(settings, observation.brokerEvents);
  lifecycle.onStop("broker", () => broker.close());
  observation.watchQueues((queue) => broker.depth(queue));
  status.broker = broker;

  const pauses = await startPauses(broker, live.current, observation);
  status.pauses = pauses;

  const inFlight = new InFlightBytes(limits.bytesInFlight.max, limits.bytesInFlight.exceeded);
  const drain = new Drain(settings.drainSeconds * 1_000, GIVE_BACK_MS);
  const parts = {
    broker,
    config,
    identity,
    observer,
    newId: randomUUID,
    nowMs: Date.now,
    random: Math.random,
    sleep,
    pause: nextTurn,
  };
  const deadLetters = createDeadLetters({ ...parts, steadyMs, deriveId });
  status.deadLetters = deadLetters;
  lifecycle.onStop("redrives and purges", () => deadLetters.stop());
  const deliveries = await startDeliveries(
    { ...parts, inFlight, paused: pauses },
    { settings, limits, observation, lifecycle, drain, report },
  );

  const admission = new Admission(limits.entriesInFlight, steadyMs);
  const share = new FairShare(nextTurn);
  const publicApp = createPublicApp({
    ingest: createIngest({ ...parts, inFlight, admission, share }),
    config,
    identity,
    rooms: {
      limit: limits.body,
      of: (who) => inFlight.putsOf(who),
      unproven: new UnprovenRoom(inFlight.unprovenLimitBytes, limits.bytesInFlight.exceeded),
    },
    limits,
    door,
    hasRoom: (who) => {
      const room = admission.hasRoom(who);
      // It is not read, and nearly every request is a put.
      if (!room) observer.put({ outcome: "throttled", seconds: 0, entries: [] });
      return room;
    },
    takeTurn: async (who) => {
      const answered = admission.enter(1, who);
      if (answered !== undefined) await share.begin(1, who);
      return answered;
    },
    report,
  });
  const publicServer = await listen(publicApp, {
    host: settings.host,
    port: settings.httpPort,
    headerLimit: limits.header,
    connectionLimit: limits.connections,
    onRefused: (reason) => observer.requestRefused(reason),
    sockets: PUBLIC_SOCKETS,
    certificate,
  });
  lifecycle.onStop("public server", () => publicServer.close(REQUEST_MS_MAX));

  live.begin({
    // Queues first, so that no event is matched to one that is not there yet.
    prepare: (next) => broker.declare(declarationsOf(next)),
    follow: (next) => {
      observation.follow(next);
      // Before the consumers, so that one that is new and paused takes nothing.
      pauses.follow(next);
      deliveries.follow(next);
    },
  });
  // Registered last, to be stopped first: nothing may change what is being stopped.
  lifecycle.onStop("configuration watch", live.stop);
  status.readiness = { ready: true };

  return {
    publicUrl: publicServer.url,
    adminUrl: admin.url,
    runtimeApiPort: deliveries.runtimeApiPort,
    reload: () => live.reload(),
    stop: async () => {
      status.readiness = { ready: false, reason: "draining" };
      drain.begin();
      await lifecycle.stop(drain.drainMs + GIVE_BACK_MS + STEP_MS);
      drain.end();
    },
  };
}

/** Follows what the configuration and operators pause, and tells the log and the metrics. */
async function startPauses(broker: Broker, config: Config, observation: Observation): Promise<Pauses> {
  const { log, brokerEvents } = observation;
  const pauses = new Pauses({
    log: broker,
    newId: randomUUID,
    nowMs: Date.now,
    onUnreadable: () => log.warn("the control log holds a record that this router cannot read"),
  });
  pauses.onChange((destination) => {
    const { since, by, reason } = pauses.find(destination) ?? {};
    log.info({ destination, since, by, reason }, `destination ${pauses.isPaused(destination) ? "paused" : "resumed"}`);
  });
  observation.watchPauses((destination) => pauses.isPaused(destination));
  pauses.follow(config);
  await knownInTime(pauses.start(), brokerEvents);
  return pauses;
}

/**
 * Waits for what was paused before this start to be known. A log that cannot be read must not keep everything from
 * being delivered, so that is reported after a while, and the pauses take effect when they are known.
 */
async function knownInTime(known: Promise<void>, events: BrokerEvents): Promise<void> {
  const late = Symbol("late");
  if ((await Promise.race([known, sleepFor(PAUSES_KNOWN_MS, late, { ref: false })])) !== late) return;
  events.fault("what was paused over the API is not known yet, and is called until it is", undefined);
}

async function openBroker(settings: Settings, events: BrokerEvents): Promise<Broker> {
  if (settings.broker === "embedded") return openSqliteBroker({ folder: settings.data, events });
  const { brokerCaFile, brokerCertFile, brokerKeyFile } = settings;
  const files = { ca: brokerCaFile, cert: brokerCertFile, key: brokerKeyFile };
  return connectRabbitMq({ urls: settings.broker, tls: await readTlsFiles(files), events });
}

/** An id that is made of a text, in the form of all others. */
function deriveId(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

/** A clock that nobody sets: it only goes forward. */
function steadyMs(): number {
  return performance.now();
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return sleepFor(ms, undefined, { signal });
}
