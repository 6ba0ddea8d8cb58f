import type { ConfigFollower } from "../config/live/live-config.ts";
import { LiveConfig } from "../config/live/live-config.ts";
import type { Settings } from "../config/settings/settings.ts";
import { limitSizes } from "../config/settings/settings.ts";
import { differInRulesOnly } from "../domain/config.ts";
import { createLimits } from "../domain/limits.ts";
import { compileConditions } from "../edge/conditions/compile.ts";
import { layerProblem } from "../edge/targets/process/layers/layer-folders.ts";
import type { Observation } from "../edge/observe/observation.ts";
import { InFlightBytes } from "../flow/budget/in-flight.ts";
import { deletedQueues, newDeclarations } from "../domain/queue/configured-queues.ts";
import { CallOutputs } from "../flow/functions/call-outputs.ts";
import { RoutersFunctionTests } from "../flow/function-tests/function-tests.ts";
import { Admission } from "../flow/put/admission.ts";
import { createSealing } from "../edge/sealing/sealing.ts";
import { startAccess } from "./access.ts";
import { startAdmin } from "./admin.ts";
import { startArchives } from "./jobs/archives.ts";
import { startBroker } from "./broker.ts";
import { createQueues } from "./queues.ts";
import { startConsoleBeside } from "./console/console-beside.ts";
import { createControlLog, readControlLog } from "./control-log.ts";
import type { Deliveries } from "./deliveries/deliver.ts";
import { startDeliveries } from "./deliveries/deliver.ts";
import { startAuthorizing } from "./store/connections.ts";
import { startDeadLetters, startJobs } from "./jobs/jobs.ts";
import { Drain, Lifecycle } from "./lifecycle.ts";
import { startMade } from "./store/made.ts";
import { startQueueDeletions } from "./store/queue-deletions.ts";
import { startFunctionLogs } from "./observe/function-logs.ts";
import { openJournal } from "./observe/journal.ts";
import { createCatchUps, createReplays, startCatchUps } from "./jobs/replays.ts";
import { startStatus } from "./observe/status.ts";
import { startStore } from "./store/store.ts";
import { mappingStatuses } from "./deliveries/mappings.ts";
import { createOrder } from "./deliveries/order.ts";
import { startPauses } from "./deliveries/pauses.ts";
import { createKeptSchedules } from "./store/kept-schedules.ts";
import { createSchedules, startSchedules } from "./schedules.ts";
import { PROCESS, steadyMs } from "./process.ts";
import { startFrontDoor } from "./front-door.ts";
import { startPut } from "./put.ts";
import type { Shared } from "./shared.ts";
import { startTails } from "./observe/tail.ts";
import { startTraces } from "./observe/traces.ts";

/** After the drain: how long abandoned messages have to be given back, and each further step of a stop has to end. */
const GIVE_BACK_MS = 3_000;
const STEP_MS = 5_000;

/** A running router. */
export interface App {
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly runtimeApiPort: number;
  /** Of HTTP routes and function URLs. */
  readonly routesUrl: string;
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
  const identity = { accountId: settings.accountId, region: settings.region };
  const sealing = createSealing(settings.secretKey);
  const live = await LiveConfig.open({
    folder: settings.config,
    compilers: {
      compileConditions,
      layerProblem,
      allowProcess: settings.allowProcess,
      secretFolders: settings.secretFolders,
    },
    identity,
    openSecret: (sealed, key) => sealing.open(sealed, key),
    observer,
    onLeftOut: (leftOut) =>
      log.warn({ leftOut: Object.fromEntries(leftOut) }, "not all that was made over the API is in force"),
  });
  observation.follow(live.current);
  const catchUps = createCatchUps(() => live.current, settings);
  const shared: Shared = {
    settings,
    identity,
    limits: createLimits(limitSizes(settings), (name) => observer.limitExceeded(name)),
    config: () => live.current,
    isHeld: catchUps.isHeld,
    observation,
    lifecycle,
    report: (error) => log.error({ error }, "an unexpected error"),
  };

  await startTraces(shared);
  const access = await startAccess(shared);
  const { url: adminUrl, progress } = await startAdmin(shared, access);
  const store = await startStore(shared);
  const made = await startMade(store, live, shared);
  progress.readiness = { ready: false, reason: "waiting for the broker" };
  const { bytesInFlight } = shared.limits;
  const inFlight = new InFlightBytes(bytesInFlight.max, bytesInFlight.exceeded);
  const drain = new Drain(settings.drainSeconds * 1_000, GIVE_BACK_MS);
  const started = shared.config();
  const broker = await startBroker(inFlight, drain.leave, shared);
  made.listen(broker);
  const controlLog = createControlLog(broker, shared);
  const pauses = startPauses(controlLog, shared);
  const { owners, blockedKeys } = createOrder(controlLog, shared);
  const archives = startArchives(controlLog, broker, shared);
  const deadLetters = startDeadLetters(broker, shared);
  const replays = createReplays(broker, archives.reader, shared);
  const jobs = startJobs(controlLog, broker, { deadLetters, replay: replays.work }, shared);
  await readControlLog(controlLog, shared);
  startCatchUps(catchUps, jobs, shared);
  const followJournal = await openJournal(shared);
  const { follow: followLogs, ...lines } = startFunctionLogs(shared);
  const tail = startTails(broker, shared);
  const outputs = new CallOutputs();
  const functionTests = new RoutersFunctionTests({ broker, outputs, ...PROCESS, onError: shared.report });
  const admission = new Admission(shared.limits.entriesInFlight, steadyMs);
  const routers = startStatus({ broker, inFlight, admission, pauses, progress }, shared);
  const schedules = createSchedules(broker, shared);
  const kept = createKeptSchedules(store, { broker, schedules }, shared);
  const queues = createQueues(broker, inFlight, shared);
  const { counts: replayCounts, archivedEvents } = replays;
  let deliveries: Deliveries | undefined;
  const mappings = mappingStatuses(() => deliveries?.mappings);
  const shown = {
    pauses,
    blockedKeys,
    deadLetters,
    jobs,
    replayCounts,
    archivedEvents,
    tail,
    functionTests,
    functionLines: lines.functionLines,
    routers,
    queues,
  };
  progress.router = { state: "running", broker, archives, mappings, ...shown, schedules: kept.list };

  const order = { owners, blockedKeys };
  const means = { broker, inFlight, paused: pauses, ...order, drain, tests: functionTests, outputs, queues, routers };
  const delivering = (deliveries = await startDeliveries(means, shared));
  startSchedules(schedules, shared);
  kept.start();
  const authorizeConnection = startAuthorizing(made.changes, shared);
  const changing = {
    changes: made.changes,
    jobs,
    queues,
    deletions: startQueueDeletions(store, broker, shared),
    mappings,
    schedules: kept.book,
    archives,
    sealing,
    authorizeConnection,
    functionCalls: delivering.functionCalls,
    ...lines,
  };
  const doors = { access, ...changing };
  const publicServer = await startPut(broker, { inFlight, admission }, doors, shared);
  const frontDoor = await startFrontDoor(inFlight, delivering.functionCalls, access, shared);
  // Before the public server, which waits for every request that is being answered.
  lifecycle.onStop("long polls", () => queues.stop());

  let followed = started;
  const follower: ConfigFollower = {
    // Queues first, so that no event is matched to one that is not there yet.
    prepare: async (next) => {
      if (differInRulesOnly(followed, next)) return;
      await broker.declare(newDeclarations(followed, next));
      catchUps.prepare(next);
    },
    follow: (next) => {
      observation.follow(next);
      const isOfRulesOnly = differInRulesOnly(followed, next);
      for (const queue of deletedQueues(followed, next)) broker.forget(queue);
      followed = next;
      if (isOfRulesOnly) return routers.saySoon();
      followJournal(next);
      followLogs(next);
      // Before the consumers, so that one that is new and paused takes nothing.
      pauses.follow(next);
      delivering.follow(next);
      schedules.follow(next);
      archives.follow();
      catchUps.follow();
      routers.say();
    },
  };
  await live.begin(follower, started);
  // Registered last, to be stopped first: nothing may change what is being stopped.
  lifecycle.onStop("configuration watch", async () => {
    live.stop();
    await made.stop();
  });
  progress.readiness = { ready: true };
  routers.say();
  const consoleUrl = await startConsoleBeside({ adminUrl, publicUrl: publicServer.url }, access, shared);

  return {
    publicUrl: publicServer.url,
    adminUrl,
    runtimeApiPort: delivering.runtimeApiPort,
    routesUrl: frontDoor.url,
    consoleUrl,
    reload: () => live.reload(),
    stop: async () => {
      progress.readiness = { ready: false, reason: "draining" };
      drain.begin();
      // At once, beside the drain of deliveries; its own step waits for the end, before the broker is closed.
      void jobs.stop();
      await lifecycle.stop(drain.drainMs + GIVE_BACK_MS + STEP_MS);
      drain.end();
    },
  };
}
