import { Slots } from "../../../src/async/slots.ts";
import type { Config } from "../../../src/domain/config.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { Jobs } from "../../../src/flow/jobs/jobs.ts";
import { replayWork } from "../../../src/flow/replay/replay-run.ts";
import type { DoWork } from "../../../src/ports/admin/jobs.ts";
import type { ReplayOrder } from "../../../src/domain/replay/replay.ts";
import { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";
import type { SimulatedQueue } from "../schedules/simulated-queue.ts";
import type { ReplayDefect } from "./defects.ts";
import type { SimulatedArchive } from "./simulated-archive.ts";
import type { SimulatedLog } from "./simulated-log.ts";

/** What all routers of one simulation share. */
export interface ReplayWorld {
  readonly scheduler: Scheduler;
  readonly log: SimulatedLog;
  readonly archive: SimulatedArchive;
  readonly queue: SimulatedQueue;
  readonly config: Config;
  readonly defect: ReplayDefect;
  readonly failed: (error: unknown) => void;
}

const SILENCE_MS = 10_000;
const NO_JOURNAL = { open: () => undefined, mark: () => undefined };

/** One life of a router, as much of it as replays. */
export class SimulatedReplayer {
  readonly life: Life;
  readonly jobs: Jobs;
  readonly #log: SharedLog;
  isReady = false;

  constructor(name: string, { scheduler, log, archive, queue, config, defect, failed }: ReplayWorld) {
    const life = (this.life = new Life(scheduler));
    const [shared, broker, archives] = [log.connect(life), queue.connect(life), archive.connect(life)];
    let ids = 0;
    const clocks = {
      newId: () => `${name}-${++ids}`,
      nowMs: () => life.nowMs,
      steadyMs: () => scheduler.elapsedMs,
      sleep: (ms: number, signal: AbortSignal) => scheduler.sleep(ms, signal, life),
      pause: () => Promise.resolve(),
    };
    const work = replayWork({
      ...clocks,
      archives: defect.archives?.(archives) ?? archives,
      broker: defect.broker?.(broker) ?? broker,
      journal: NO_JOURNAL,
      successSets: new Slots(() => 1),
      config: () => config,
      identity: { accountId: "000000000000", region: "us-east-1" },
      deriveId: defect.deriveId?.(scheduler) ?? ((text) => `id of ${text}`),
      observer: { replayed: () => undefined, moveDelayed: () => undefined },
      idleMs: () => scheduler.elapsedMs,
      bounds: { minutes: 4, stretchBytes: 2_000 },
    });
    this.#log = new SharedLog(shared, () => failed(new Error("a record cannot be read")));
    this.jobs = new Jobs({
      ...clocks,
      log: this.#log,
      broadcast: shared,
      isConnected: () => !log.isAway,
      work: (defect.work?.(work) ?? work) as DoWork,
      silenceMs: SILENCE_MS,
      heldBackMs: 0,
      tickMs: 1_000,
      router: name,
      observer: { job: () => undefined },
      onError: failed,
    });
  }

  start(): void {
    this.life.run(() => void this.#log.start().then(() => (this.isReady = true)));
  }

  /** Somebody asks this router for a replay, and may get no answer. */
  replay(order: ReplayOrder, ratePerSecond: number | undefined): void {
    this.life.run(() => void this.jobs.start(order, { ratePerSecond }).catch(() => undefined));
  }

  cancel(id: string): void {
    this.life.run(() => void this.jobs.change(id, { state: "stopping" }, undefined).catch(() => undefined));
  }

  /** Ends it between two of its steps. */
  kill(): void {
    this.life.alive = false;
  }

  /** Stops it in order. */
  stop(): void {
    this.life.run(() => void this.jobs.stop().then(() => (this.life.alive = false)));
  }
}
