import { MadeConfig } from "../../../src/flow/made/made-config.ts";
import type { Broadcast } from "../../../src/ports/broker/broadcast.ts";
import type { ChangedEntity } from "../../../src/ports/made.ts";
import type { Entities, Entity } from "../../../src/ports/store/entities.ts";
import { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";
import type { StoreDefect } from "./defects.ts";
import type { StorePromises } from "./store-promises.ts";
import type { SimulatedStore } from "./simulated-store.ts";
import { keyOf } from "./simulated-store.ts";

/** What all routers of one simulation share. */
export interface MakerWorld {
  readonly scheduler: Scheduler;
  readonly store: SimulatedStore;
  readonly promises: StorePromises;
  readonly defect: StoreDefect;
  /** How often a broadcast does not arrive. */
  readonly lostBroadcasts: number;
}

/** One life of a router, as much of it as makes and follows what is made over the API. */
export class SimulatedMaker {
  readonly life: Life;
  readonly made: MadeConfig;
  /** What it has in force, by kind and name. */
  inForce: ReadonlyMap<string, Entity> = new Map();
  isStarted = false;
  readonly #world: MakerWorld;
  readonly #listeners: ((body: Buffer) => void)[] = [];

  /** @param others the routers that are there when something is broadcast. */
  constructor(world: MakerWorld, others: () => readonly SimulatedMaker[]) {
    this.#world = world;
    const { scheduler, store, defect } = world;
    const life = (this.life = new Life(scheduler));
    const entities: Entities = store.connect(life);
    const takeOver = (changed: readonly ChangedEntity[]) => this.#takeOver(changed);
    this.made = new MadeConfig({
      store: defect.store?.(entities) ?? entities,
      takeOver: defect.takeOver?.(takeOver, (ms) => scheduler.wait(ms, life)) ?? takeOver,
      sleep: (ms, signal) => scheduler.sleep(ms, signal, life),
      random: () => scheduler.chance.next(),
      observer: { changed: () => undefined, conflicted: () => undefined, tookOver: () => undefined },
      onError: () => undefined,
    });
    this.made.listen(this.#broadcast(others));
  }

  /** Begins to read the store. */
  start(): void {
    this.life.run(() => void this.made.start().then(() => (this.isStarted = true)));
  }

  /** Ends it between two of its steps. */
  kill(): void {
    this.life.alive = false;
  }

  #broadcast(others: () => readonly SimulatedMaker[]): Broadcast {
    const { scheduler, lostBroadcasts } = this.#world;
    return {
      address: undefined,
      send: () => Promise.resolve(),
      onBroadcast: (listener) => void this.#listeners.push(listener),
      broadcast: (body) => {
        for (const other of others()) {
          if (scheduler.chance.happens(lostBroadcasts)) continue;
          const hear = () => other.#listeners.forEach((listener) => listener(body));
          scheduler.after(scheduler.chance.between(0, 20), other.life, hear);
        }
        return Promise.resolve();
      },
    };
  }

  /** Compiling takes its time, and fails now and then: the configuration files may be wrong just then. */
  async #takeOver(changed: readonly ChangedEntity[]): Promise<void> {
    const { scheduler, promises, store } = this.#world;
    const next = new Map(this.inForce);
    for (const { kind, name, entity } of changed) {
      if (entity === undefined) next.delete(keyOf(kind, name));
      else next.set(keyOf(kind, name), entity);
    }
    await scheduler.wait(scheduler.chance.between(0, 30), this.life);
    if (store.faults.lostCalls > 0 && scheduler.chance.happens(0.02)) throw new Error("the files are wrong");
    promises.takenOver(this.inForce, next);
    this.inForce = next;
  }
}
