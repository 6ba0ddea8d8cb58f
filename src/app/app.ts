import { LiveConfig } from "../config/live/live-config.ts";
import type { Settings } from "../config/settings/settings.ts";
import { limitSizes } from "../config/settings/settings.ts";
import { createLimits } from "../domain/limits.ts";
import { compileConditions } from "../edge/conditions/compile.ts";
import type { Observation } from "../edge/observe/observation.ts";
import { InFlightBytes } from "../flow/budget/in-flight.ts";
import { declarationsOf } from "../domain/queue/configured-queues.ts";
import { createDeadLetters } from "../flow/redrive/redrive.ts";
import type { Broker } from "../ports/broker.ts";
import type { DeadLetters } from "../ports/dead-letters.ts";
import type { Access } from "./access.ts";
import { startAccess } from "./access.ts";
import { startAdmin } from "./admin.ts";
import { startBroker } from "./broker.ts";
import type { RouterUrls } from "./console.ts";
import { startConsole } from "./console.ts";
import { startDeliveries } from "./deliver.ts";
import { Drain, Lifecycle } from "./lifecycle.ts";
import { startJournal } from "./journal.ts";
import { startPauses } from "./pauses.ts";
import { deriveId, PROCESS, steadyMs } from "./process.ts";
import { startPut } from "./put.ts";
import type { Shared } from "./shared.ts";
import { startTails } from "./tail.ts";

/** After the drain: how long abandoned messages have to be given back, and each further step of a stop has to end. */
const GIVE_BACK_MS = 3_000;
const STEP_MS = 5_000;

/** A running router. */
export interface App {
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly runtimeApiPort: number;
  /** Undefined without a console, or where it could not start. */
  readonly consoleUrl: string | undefined;
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
  const live = await LiveConfig.open(
    settings.config,
    { compileConditions, allowProcess: settings.allowProcess, secretFolders: settings.secretFolders },
    observer,
  );
  observation.follow(live.current);
  const shared: Shared = {
    settings,
    identity: { accountId: settings.accountId, region: settings.region },
    limits: createLimits(limitSizes(settings), (name) => observer.limitExceeded(name)),
    config: () => live.current,
    observation,
    lifecycle,
    report: (error) => log.error({ error }, "an unexpected error"),
  };

  const access = await startAccess(shared);
  const { url: adminUrl, progress } = await startAdmin(shared, access);
  const { bytesInFlight } = shared.limits;
  const inFlight = new InFlightBytes(bytesInFlight.max, bytesInFlight.exceeded);
  const drain = new Drain(settings.drainSeconds * 1_000, GIVE_BACK_MS);
  const broker = await startBroker(inFlight, drain.leave, shared);
  const pauses = await startPauses(broker, shared);
  const deadLetters = startDeadLetters(broker, shared);
  const followJournal = startJournal(shared);
  followJournal(shared.config());
  const tail = startTails(broker, shared);
  progress.router = { state: "running", broker, pauses, deadLetters, tail };

  const deliveries = await startDeliveries({ broker, inFlight, paused: pauses, drain }, shared);
  const publicServer = await startPut(broker, inFlight, access, shared);

  live.begin({
    // Queues first, so that no event is matched to one that is not there yet.
    prepare: (next) => broker.declare(declarationsOf(next)),
    follow: (next) => {
      observation.follow(next);
      followJournal(next);
      // Before the consumers, so that one that is new and paused takes nothing.
      pauses.follow(next);
      deliveries.follow(next);
    },
  });
  // Registered last, to be stopped first: nothing may change what is being stopped.
  lifecycle.onStop("configuration watch", live.stop);
  progress.readiness = { ready: true };
  const consoleUrl = await startConsoleBeside({ adminUrl, publicUrl: publicServer.url }, access, shared);

  return {
    publicUrl: publicServer.url,
    adminUrl,
    runtimeApiPort: deliveries.runtimeApiPort,
    consoleUrl,
    reload: () => live.reload(),
    stop: async () => {
      progress.readiness = { ready: false, reason: "draining" };
      drain.begin();
      // At once, beside the drain of deliveries; its own step waits for the end, before the broker is closed.
      void deadLetters.stop();
      await lifecycle.stop(drain.drainMs + GIVE_BACK_MS + STEP_MS);
      drain.end();
    },
  };
}

/** Starts a console if the settings say so. A router without its console is better than none. */
async function startConsoleBeside(urls: RouterUrls, access: Access, shared: Shared): Promise<string | undefined> {
  const { consolePort } = shared.settings;
  if (consolePort === undefined) return undefined;
  try {
    return await startConsole(urls, access, consolePort, shared);
  } catch (error) {
    shared.observation.log.error({ error }, "the console could not start");
    return undefined;
  }
}

function startDeadLetters(broker: Broker, { config, identity, observation, lifecycle }: Shared): DeadLetters {
  const { observer } = observation;
  const deadLetters = createDeadLetters({ broker, config, identity, observer, ...PROCESS, steadyMs, deriveId });
  lifecycle.onStop("redrives and purges", () => deadLetters.stop());
  return deadLetters;
}
