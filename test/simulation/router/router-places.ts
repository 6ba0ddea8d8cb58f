import type { Variant } from "../scenario.ts";
import { SimulatedRouter } from "./simulated-router.ts";
import type { World } from "./simulated-router.ts";

/** Where one router after the other lives: each is replaced when it has died or was stopped. */
export interface Place {
  readonly name: string;
  router: SimulatedRouter;
  /** What its next router begins with. */
  variant: Variant;
  clockAheadMs: number;
}

/** The two routers, and who comes after them. */
export class RouterPlaces {
  readonly all: readonly Place[];
  /** Whether a router has read another configuration than the first. */
  changed = false;
  readonly #variants: readonly [Variant, ...Variant[]];
  readonly #world: World;
  #lives = 0;
  #stopped = false;

  /** @param variants the configurations; the first is the one to begin and end with */
  constructor(variants: readonly [Variant, ...Variant[]], world: World) {
    this.#variants = variants;
    this.#world = world;
    const [variant] = variants;
    this.all = ["A", "B"].map((name) => ({ name, variant, clockAheadMs: 0, router: this.#begin(name, variant) }));
  }

  get areReady(): boolean {
    return this.all.every(({ router }) => router.isReady && router.isConnected);
  }

  reload(place: Place, variant: Variant): void {
    this.changed ||= variant !== this.#variants[0];
    place.variant = variant;
    if (!place.router.life.alive) return;
    this.#note(`router ${place.router.name} reads configuration ${this.#variants.indexOf(variant)}`);
    void place.router.reload(variant);
  }

  /** Every router has the first configuration again. */
  reloadFirst(): void {
    const [first] = this.#variants;
    for (const place of this.all) {
      place.variant = first;
      if (place.router.life.alive && place.router.variant !== first) this.reload(place, first);
    }
  }

  crash(place: Place): void {
    if (!place.router.life.alive) return;
    this.#note(`router ${place.router.name} dies`);
    place.router.crash();
    this.#replaceSoon(place);
  }

  /** The router of that life dies, if it has not been replaced. */
  crashLife(life: { alive: boolean }): void {
    const place = this.all.find(({ router }) => router.life === life);
    if (place !== undefined) this.crash(place);
  }

  async restart(place: Place): Promise<void> {
    const { router } = place;
    if (!router.isReady) return;
    await router.stop();
    this.#note(`router ${router.name} has stopped`);
    if (!this.#stopped) this.#replaceSoon(place);
  }

  /** Stops all for good; each calls `stopped` when it has. */
  stop(stopped: () => void): void {
    this.#stopped = true;
    for (const { router } of this.all) void router.stop().then(stopped);
  }

  #replaceSoon(place: Place): void {
    const { scheduler } = this.#world;
    scheduler.after(scheduler.chance.between(100, 5_000), undefined, () => {
      place.router = this.#begin(place.name, place.variant);
      place.router.life.clockAheadMs = place.clockAheadMs;
    });
  }

  #begin(name: string, variant: Variant): SimulatedRouter {
    const router = new SimulatedRouter(`${name}${(this.#lives += 1)}`, variant, this.#world);
    router
      .start()
      .catch((error: unknown) => this.#note(`router ${router.name} could not start: ${(error as Error).stack}`));
    this.#note(`router ${router.name} starts`);
    return router;
  }

  #note(what: string): void {
    this.#world.trace.note(what);
  }
}
