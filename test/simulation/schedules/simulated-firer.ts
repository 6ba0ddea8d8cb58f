import type { Config } from "../../../src/domain/config.ts";
import type { ScheduleMissedFact } from "../../../src/domain/schedule/schedule.ts";
import { KeptFirer } from "../../../src/flow/schedule/kept/kept-firer.ts";
import { LastFirings } from "../../../src/flow/schedule/last-firings.ts";
import { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";
import type { SimulatedStore } from "../store/simulated-store.ts";
import type { FirerDefect } from "./defects.ts";
import type { SimulatedQueue } from "./simulated-queue.ts";

/** What all routers of one simulation share. */
export interface FirerWorld {
  readonly scheduler: Scheduler;
  readonly store: SimulatedStore;
  readonly queue: SimulatedQueue;
  readonly config: Config;
  readonly defect: FirerDefect;
  readonly missed: (fact: ScheduleMissedFact) => void;
  readonly failed: (error: unknown) => void;
}

const SILENT = { onBroadcast: () => undefined, broadcast: () => Promise.resolve(), send: () => Promise.resolve() };

/** One life of a router, as much of it as fires the schedules of the store. */
export class SimulatedFirer {
  readonly life: Life;
  readonly #firer: KeptFirer;

  constructor({ scheduler, store, queue, config, defect, missed, failed }: FirerWorld) {
    const life = (this.life = new Life(scheduler));
    const [connected, broker] = [store.connect(life), queue.connect(life)];
    this.#firer = new KeptFirer({
      store: defect.store?.(connected) ?? connected,
      broker: defect.broker?.(broker) ?? broker,
      config: () => config,
      identity: { accountId: "000000000000", region: "us-east-1" },
      deriveId: defect.deriveId?.(scheduler) ?? ((text) => `id of ${text}`),
      last: new LastFirings({ ...SILENT, address: undefined }),
      observer: {
        scheduleFired: () => undefined,
        scheduleDeadLettered: () => undefined,
        scheduleMissed: missed,
        moveDelayed: () => undefined,
      },
      takeUpKept: () => undefined,
      nowMs: () => life.nowMs,
      sleep: (ms, signal) => scheduler.sleep(ms, signal, life),
      pause: () => Promise.resolve(),
      onError: failed,
    });
  }

  start(): void {
    this.life.run(() => this.#firer.start());
  }

  /** Somebody has changed a schedule over this router. */
  wake(): void {
    this.life.run(() => this.#firer.wake());
  }

  /** Ends it between two of its steps. */
  kill(): void {
    this.life.alive = false;
  }

  /** Stops it in order. */
  stop(): void {
    this.life.run(() => void this.#firer.stop().then(() => (this.life.alive = false)));
  }
}
