import type { Subscription } from "../rabbitmq/queue.ts";
import type { HolderWorld } from "./simulated-holder.ts";
import { SimulatedHolder } from "./simulated-holder.ts";

const ROUTERS = 3;

/** Where one router after the other lives: each is followed by another when it has died or was stopped. */
export class HolderPlaces {
  readonly #world: HolderWorld;
  readonly #all: SimulatedHolder[];
  #lives = 0;
  #hasEnded = false;

  constructor(world: HolderWorld) {
    this.#world = world;
    this.#all = Array.from({ length: ROUTERS }, (_, index) => this.#begin(index));
  }

  get areUp(): boolean {
    return this.#all.every(({ hears }) => hears);
  }

  /** The routers that hear what others broadcast. */
  get hearing(): ReadonlySet<SimulatedHolder> {
    return new Set(this.#all.filter(({ hears }) => hears));
  }

  /** Whether one of them is still there, and hears the others. */
  isAnyHearingOf(routers: ReadonlySet<object>): boolean {
    return this.#all.some((router) => router.hears && routers.has(router));
  }

  /** Whether all that hear the others are among them. */
  areHearingAmong(routers: ReadonlySet<object>): boolean {
    return [...this.hearing].every((router) => routers.has(router));
  }

  /** One that answers clients; undefined when there is none. */
  pickUp(): SimulatedHolder | undefined {
    const up = this.#all.filter(({ isUp }) => isUp);
    return up.length === 0 ? undefined : this.#world.server.scheduler.chance.pick(up);
  }

  /** Whose subscription it is. */
  find(subscription: Subscription): SimulatedHolder | undefined {
    return this.#all.find(({ network }) => network.carries(subscription));
  }

  kill(router = this.pickUp()): void {
    if (router === undefined) return;
    this.#world.trace.note(`${router.name} dies`);
    router.kill();
    this.#replaceSoon(router);
  }

  async stop(router = this.pickUp()): Promise<void> {
    if (router === undefined) return;
    this.#world.trace.note(`${router.name} stops`);
    await router.stop();
    this.#world.trace.note(`${router.name} has stopped`);
    this.#replaceSoon(router);
  }

  /** Nothing of them goes on. */
  end(): void {
    this.#hasEnded = true;
    for (const router of this.#all) router.kill();
  }

  #replaceSoon(router: SimulatedHolder): void {
    const { scheduler } = this.#world.server;
    const index = this.#all.indexOf(router);
    scheduler.after(scheduler.chance.between(50, 3_000), undefined, () => {
      if (!this.#hasEnded) this.#all[index] = this.#begin(index);
    });
  }

  #begin(index: number): SimulatedHolder {
    const router = new SimulatedHolder(`${"ABC"[index]}${(this.#lives += 1)}`, this.#world);
    this.#world.trace.note(`${router.name} starts`);
    router.start();
    return router;
  }
}
