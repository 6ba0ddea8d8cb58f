import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Config } from "../../domain/config.ts";
import { destinationsOf } from "../../domain/config.ts";
import type { DestinationStatus, RouterStatus } from "../../domain/status/router-status.ts";
import { STATUS_DESTINATIONS_MAX } from "../../domain/status/router-status.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { DestinationCounts } from "../../edge/observe/counting/routers/router-counts.ts";
import type { InFlightBytes } from "../../flow/budget/in-flight.ts";
import type { Admission } from "../../flow/put/admission.ts";
import { RouterStatuses } from "../../flow/status/router-statuses.ts";
import type { Broker } from "../../ports/broker/broker.ts";
import type { PauseSource } from "../../ports/admin/pauses.ts";
import type { StartProgress } from "../admin.ts";
import { steadyMs } from "../process.ts";
import type { Shared } from "../shared.ts";
import { VERSION } from "../version.ts";

/** A probe wakes the process: seldom enough that an idle router does not notice. */
const LAG_PROBE_MS = 200;

/** What a router's status is made of. */
export interface StatusMeans {
  readonly broker: Broker;
  readonly inFlight: InFlightBytes;
  readonly admission: Admission;
  readonly pauses: PauseSource;
  readonly progress: StartProgress;
}

/** Says every 10 s how this router is, and hears how the others are. */
export function startStatus(means: StatusMeans, shared: Shared): RouterStatuses {
  const { observation, lifecycle } = shared;
  const measure = measureWith(means, shared);
  const { routersObserver: observer, router: id } = observation;
  const statuses = new RouterStatuses({ broker: means.broker, id, measure, observer, nowMs: Date.now });
  statuses.start();
  lifecycle.onStop("status", () => statuses.stop());
  return statuses;
}

function measureWith(
  { broker, inFlight, admission, pauses, progress }: StatusMeans,
  { config, observation }: Shared,
): () => RouterStatus {
  const startedAtMs = Math.round(Date.now() - performance.now());
  const lag = monitorEventLoopDelay({ resolution: LAG_PROBE_MS });
  lag.enable();
  let cpu = process.cpuUsage();
  let sinceMs = steadyMs();
  return () => {
    const countedMs = Math.max(1, Math.round(steadyMs() - sinceMs));
    sinceMs = steadyMs();
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    const lagMs = Math.max(0, lag.percentile(99) / 1e6 - LAG_PROBE_MS);
    lag.reset();
    const { counts, destinations, journalLost, taps } = observation.routerCounts.take();
    const inForce = config();
    return {
      id: observation.router,
      version: VERSION,
      startedAtMs,
      configuration: { ...observation.inForce, rules: inForce.rules.size },
      broker: broker.state,
      ready: progress.readiness.ready,
      puts: { admitted: admission.allowed, waiting: admission.waiting },
      bytesInFlight: { used: inFlight.usedBytes, max: inFlight.limitBytes },
      eventLoopLagMs: Math.round(lagMs * 10) / 10,
      cpu: Math.round((user + system) / countedMs / 10) / 100,
      rssBytes: process.memoryUsage.rss(),
      taps,
      journalLost,
      countedMs,
      counts,
      ...destinationsIn(inForce, destinations, pauses),
    };
  };
}

type Destinations = Pick<RouterStatus, "destinationCount" | "destinations" | "destinationsLeftOut">;

/** The destinations of which there is something to say, those that need somebody first. */
function destinationsIn(
  config: Config,
  counted: ReadonlyMap<string, DestinationCounts>,
  pauses: PauseSource,
): Destinations {
  const configured = destinationsOf(config).map(destinationLabel);
  const said = configured.flatMap((destination): DestinationStatus[] => {
    const counts = counted.get(destination);
    const paused = pauses.isPaused(destination);
    if (counts === undefined && !paused) return [];
    return [{ circuit: "closed", callsInFlight: 0, delivered: 0, failing: 0, ...counts, destination, paused }];
  });
  said.sort((a, b) => urgency(b) - urgency(a));
  return {
    destinationCount: configured.length,
    destinations: said.slice(0, STATUS_DESTINATIONS_MAX),
    destinationsLeftOut: Math.max(0, said.length - STATUS_DESTINATIONS_MAX),
  };
}

function urgency({ circuit, paused, failing, callsInFlight, delivered }: DestinationStatus): number {
  if (circuit !== "closed") return Infinity;
  return (paused ? 1e9 : 0) + failing * 1_000 + callsInFlight + delivered;
}
