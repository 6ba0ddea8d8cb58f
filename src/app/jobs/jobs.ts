import type { SharedLog } from "../../flow/control-log/shared-log.ts";
import { Jobs } from "../../flow/jobs/jobs.ts";
import { letterWork } from "../../flow/redrive/letter-work.ts";
import { moveWork } from "../../flow/redrive/move-run.ts";
import { createDeadLetters } from "../../flow/redrive/redrive.ts";
import type { Broker } from "../../ports/broker/broker.ts";
import type { ReplayOrder } from "../../domain/replay/replay.ts";
import type { DoWork } from "../../ports/admin/jobs.ts";
import type { DeadLetters } from "../../ports/admin/dead-letters.ts";
import { deriveId, PROCESS, steadyMs } from "../process.ts";
import type { Shared } from "../shared.ts";

/** How often routers say that they live and how far their jobs are. */
const TICK_MS = 1_000;
/** Of several routers: how long one is silent that counts as dead. A sign is due every second. */
const SILENCE_MS = 10_000;
/**
 * RabbitMQ gives back what a lost connection held once it notices: at once after a kill, after two heartbeats of 10 s when
 * the network was cut, and 4.3 after a minute when the node was lost and the queue is not one of ours.
 */
const HELD_BACK_MS = 60_000;

/** Reads dead letters, and does what jobs are about. */
export function startDeadLetters(
  broker: Broker,
  { config, isHeld, identity, observation, lifecycle }: Shared,
): DeadLetters {
  const { observer } = observation;
  const deadLetters = createDeadLetters({ broker, config, isHeld, identity, observer, ...PROCESS, steadyMs, deriveId });
  lifecycle.onStop("redrives and purges", () => deadLetters.stop());
  return deadLetters;
}

/** Who does what jobs are about. */
interface Workers {
  readonly deadLetters: DeadLetters;
  readonly replay: DoWork<ReplayOrder>;
}

/** Runs this router's share of all jobs, once the control log is read. */
export function startJobs(log: SharedLog, broker: Broker, { deadLetters, replay }: Workers, shared: Shared): Jobs {
  const { settings, observation, lifecycle, report } = shared;
  const letters = letterWork(deadLetters);
  const { queueObserver: observer } = observation;
  const moves = moveWork({ broker, config: shared.config, observer, ...PROCESS, steadyMs, deriveId });
  // The embedded broker is one process's: there is no other router, and all is back once it is open.
  const isAlone = settings.broker === "embedded";
  const jobs = new Jobs({
    log,
    broadcast: broker,
    isConnected: () => broker.state !== "disconnected",
    work: (order, control) => {
      switch (order.kind) {
        case "replay":
          return replay(order, control);
        case "move":
          return moves(order, control);
        default:
          return letters(order, control);
      }
    },
    silenceMs: isAlone ? 0 : SILENCE_MS,
    heldBackMs: isAlone ? 0 : HELD_BACK_MS,
    tickMs: TICK_MS,
    router: observation.router,
    observer: observation.observer,
    onError: report,
    ...PROCESS,
    steadyMs,
  });
  observation.watchJobs(() => jobs.owned);
  lifecycle.onStop("jobs", () => jobs.stop());
  return jobs;
}
