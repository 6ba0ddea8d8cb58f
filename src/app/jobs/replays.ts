import { Slots } from "../../async/slots.ts";
import type { Settings } from "../../config/settings/settings.ts";
import type { Config } from "../../domain/config.ts";
import type { CatchUpTimes } from "../../flow/replay/catch-up-run.ts";
import { catchUpWork } from "../../flow/replay/catch-up-run.ts";
import { CatchUps } from "../../flow/replay/catch-ups.ts";
import { createArchivedEvents } from "../../flow/replay/archived-events.ts";
import { createReplayCounts } from "../../flow/replay/count-replay.ts";
import { replayWork } from "../../flow/replay/replay-run.ts";
import type { ReplayOrder } from "../../domain/replay/replay.ts";
import type { CatchUpControl, DoWork } from "../../ports/admin/jobs.ts";
import type { ArchivedEvents } from "../../ports/admin/archived-events.ts";
import type { ReplayCounts } from "../../ports/admin/replays.ts";
import type { ArchiveReader } from "../../ports/broker/archive.ts";
import { CLOCKS_APART_MS } from "../../ports/broker/archive.ts";
import type { Broker } from "../../ports/broker/broker.ts";
import { deriveId, idleMs, PROCESS, steadyMs } from "../process.ts";
import { readableJournal } from "../observe/journal.ts";
import type { Shared } from "../shared.ts";

/** A message that a broker does not take at once is stored after so long at most, or its put was refused. */
const STORED_MS_MAX = 60_000;
const HOLD_MS = 60_000;
/** Catch-ups that read at once: each reading has a connection to RabbitMQ. */
const READINGS_MAX = 4;
/** Replays that hold what was delivered: some 60 MiB each. */
const SUCCESS_SETS_MAX = 2;

/** The embedded broker is one process's: it has one clock, and stores or fails at once. */
const TIMES_ALONE: CatchUpTimes = { holdMs: 10_000, settleMs: 5_000 };
const TIMES: CatchUpTimes = { holdMs: HOLD_MS, settleMs: CLOCKS_APART_MS + STORED_MS_MAX };

/** What is done with archived events: as jobs, and beforehand. */
export interface Replays {
  readonly work: DoWork<ReplayOrder>;
  readonly counts: ReplayCounts;
  readonly archivedEvents: ArchivedEvents;
}

export function createReplays(broker: Broker, archives: ArchiveReader, shared: Shared): Replays {
  const { config, identity, observation, settings } = shared;
  const { observer } = observation;
  const journal = readableJournal(shared);
  const options = { archives, journal, config, ...PROCESS, steadyMs };
  const working = { ...options, broker, identity, observer, deriveId };
  const replay = replayWork({ ...working, idleMs, successSets: new Slots(() => SUCCESS_SETS_MAX) });
  const readings = new Slots(() => READINGS_MAX);
  const catchUp = catchUpWork({ ...working, idleMs, times: timesOf(settings), readings });
  return {
    work: (order, control) => (order.catchesUp === true ? catchUp(order, control) : replay(order, control)),
    counts: createReplayCounts(options),
    archivedEvents: createArchivedEvents(options),
  };
}

/** Made before anything is routed, which asks it which rules wait. */
export function createCatchUps(config: () => Config, settings: Settings): CatchUps {
  return new CatchUps({ config, deriveId, holdMs: timesOf(settings).holdMs, ...PROCESS });
}

/** Begins the catch-ups of rules that are new, once the jobs of all routers are known. */
export function startCatchUps(catchUps: CatchUps, jobs: CatchUpControl, { lifecycle }: Shared): void {
  catchUps.begin(jobs);
  lifecycle.onStop("catch-ups", () => catchUps.stop());
}

function timesOf({ broker }: Settings): CatchUpTimes {
  return broker === "embedded" ? TIMES_ALONE : TIMES;
}
