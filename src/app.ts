import { randomUUID } from "node:crypto";
import { setTimeout as sleepFor } from "node:timers/promises";
import { LiveConfig } from "./config/live-config.ts";
import type { Settings } from "./config/settings.ts";
import type { Broker, BrokerEvents } from "./core/broker.ts";
import type { Config } from "./core/config.ts";
import { compileConditions } from "./edge/conditions/compile.ts";
import { createAdminApp } from "./edge/http/admin/admin-app.ts";
import { createPublicApp } from "./edge/http/public-app.ts";
import { listen } from "./edge/http/server.ts";
import type { Observation } from "./edge/observe/observation.ts";
import { connectRabbitMq } from "./edge/rabbitmq/rabbitmq-broker.ts";
import { openSqliteBroker } from "./edge/sqlite/broker.ts";
import { apiDestinationInvoker } from "./edge/targets/api-destination.ts";
import { functionInvoker } from "./edge/targets/function-invoker.ts";
import { startRuntimeApiGateway } from "./edge/targets/runtime-api/gateway.ts";
import { createDeliver } from "./flow/deliver.ts";
import { InFlightBytes } from "./flow/in-flight.ts";
import { createIngest } from "./flow/ingest.ts";
import { createPull } from "./flow/pull.ts";
import { declarationsOf, Subscriptions } from "./flow/subscriptions.ts";
import { Lifecycle } from "./lifecycle.ts";

/** Bytes of events and messages in flight, both directions together. */
const IN_FLIGHT_BYTES_MAX = 256 * 1024 * 1024;

/** How long a stop waits for a request that is being answered: twice what the broker has to confirm it. */
const REQUEST_MS_MAX = 10_000;

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
  const nowMs = Date.now;
  const drainMs = settings.drainSeconds * 1_000;
  const report = (error: unknown): void => log.error({ error }, "an unexpected error");

  const live = await LiveConfig.open(settings.config, { compileConditions }, observer);
  observation.follow(live.current);
  const config = (): Config => live.current;

  // Before the broker, which may be a long time coming: whoever watches the process must see it alive, and not ready.
  const status: { ready: boolean; reason?: string; broker?: Broker } = {
    ready: false,
    reason: "waiting for the broker",
  };
  const adminApp = createAdminApp({
    metrics: () => observation.metrics(),
    readiness: () => ({ ready: status.ready, ...(status.reason === undefined ? {} : { reason: status.reason }) }),
    broker: () => status.broker,
    config,
    report,
  });
  const admin = await listen(adminApp, { host: settings.host, port: settings.adminPort });
  lifecycle.onStop("admin server", () => admin.close(1_000));

  const broker = await openBroker(settings, observation.brokerEvents);
  lifecycle.onStop("broker", () => broker.close());
  observation.watchQueues((queue) => broker.depth(queue));
  status.broker = broker;

  const inFlight = new InFlightBytes(IN_FLIGHT_BYTES_MAX);
  const abandon = new AbortController();
  const leave = new AbortController();
  const clocked = { broker, config, identity, observer, newId: randomUUID, nowMs };
  const deliver = createDeliver({
    ...clocked,
    random: Math.random,
    sleep,
    abandon: abandon.signal,
    leave: leave.signal,
  });
  const subscriptions = new Subscriptions({
    ...clocked,
    deliver,
    inFlight,
    functionInvoker: (fn) => functionInvoker(fn, { identity, onOutput: observation.functionOutput }),
    apiDestinationInvoker,
    sleep,
    onError: (where, error) => log.error({ where, error }, "a consumer failed"),
  });
  await broker.declare(declarationsOf(live.current));
  await subscriptions.start(live.current);
  const runtimeApi = await startRuntimeApiGateway({
    host: settings.host,
    port: settings.runtimeApiPort,
    identity,
    nowMs,
    onPoll: createPull({ broker, config, deliver, inFlight, nowMs }),
    isKnown: (name) => config().functions.get(name)?.run.kind === "runtimeApi",
    broker,
    onLateAnswer: (name) => observer.lateAnswer(name),
    inFlight,
    onError: report,
  });
  // Together, or the one would go on taking messages while the other drains.
  lifecycle.onStop("deliveries", async () => {
    await Promise.all([subscriptions.stop(), runtimeApi.close(drainMs)]);
  });

  const ingest = createIngest({ ...clocked, inFlight });
  const publicApp = createPublicApp({ ingest, config, identity, budget: inFlight, report });
  const publicServer = await listen(publicApp, { host: settings.host, port: settings.httpPort });
  lifecycle.onStop("public server", () => publicServer.close(REQUEST_MS_MAX));

  live.begin({
    // Queues first, so that no event is matched to one that is not there yet.
    prepare: (next) => broker.declare(declarationsOf(next)),
    follow: (next) => {
      observation.follow(next);
      // Not awaited: a destination that changes waits for its calls in flight, and reports its own problems.
      void Promise.all(subscriptions.reconcile(next));
    },
  });
  // Registered last, to be stopped first: nothing may change what is being stopped.
  lifecycle.onStop("configuration watch", live.stop);
  status.ready = true;
  delete status.reason;

  return {
    publicUrl: publicServer.url,
    adminUrl: admin.url,
    runtimeApiPort: runtimeApi.port,
    reload: () => live.reload(),
    stop: async () => {
      Object.assign(status, { ready: false, reason: "draining" });
      const timers = [
        setTimeout(() => abandon.abort(), drainMs),
        setTimeout(() => leave.abort(), drainMs + GIVE_BACK_MS),
      ];
      await lifecycle.stop(drainMs + GIVE_BACK_MS + STEP_MS);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function openBroker(settings: Settings, events: BrokerEvents): Promise<Broker> {
  return settings.broker === "embedded"
    ? openSqliteBroker({ folder: settings.data, events })
    : connectRabbitMq({ urls: settings.broker, events });
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return sleepFor(ms, undefined, { signal });
}
