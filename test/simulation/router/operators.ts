import type { DestinationRef } from "../../../src/domain/target/target.ts";
import type { Chance } from "../chance.ts";
import { DEAD_LETTERS, PARKED } from "../oracle/promises.ts";
import type { Redrive, RedriveOrder } from "../oracle/redrive.ts";
import { RECORDS_QUEUE } from "../scenario.ts";
import type { RouterPlaces } from "./router-places.ts";
import type { SimulatedRouter, World } from "./simulated-router.ts";

/** What they pause. */
export const PAUSABLE: readonly DestinationRef[] = [
  { kind: "function", name: "stock" },
  { kind: "function", name: "mail" },
  { kind: "function", name: "sink" },
  { kind: "api-destination", name: "crm" },
];
/** How often they see to it, in the end, that nothing is paused any more. */
const CHECK_MS = 5_000;
/** What they redrive, and what they could by mistake: no dead letter is there. */
const REDRIVABLE = [DEAD_LETTERS, "failed", PARKED];
const NOT_REDRIVABLE = [RECORDS_QUEUE, "copies"];
/** How long they wait for the end of a redrive until they see that it was broken off. */
const AGAIN_MS = [3_000, 15_000] as const;
const ERROR_CODES = ["ERROR_FROM_TARGET", "TIMEOUT", "CONNECTION_FAILURE", "crashed"];

/** Who pauses and resumes destinations, and redrives dead letters, on whichever router. */
export class Operators {
  readonly #world: World;
  readonly #places: RouterPlaces;
  /** Redrives that are yet to begin. */
  #due = 0;

  constructor(world: World, places: RouterPlaces) {
    this.#world = world;
    this.#places = places;
  }

  pause(router: SimulatedRouter, destination: DestinationRef, paused: boolean): void {
    if (!router.isReady) return;
    const { trace } = this.#world;
    const what = `${paused ? "pause" : "resumption"} of ${destination.kind}/${destination.name} on ${router.name}`;
    // A refused change may take effect later all the same.
    router.pause(destination, paused).then(
      () => trace.note(what),
      () => trace.note(`${what}, refused`),
    );
  }

  /** Resumes whatever is paused, from now on. */
  resumeAll(): void {
    for (const destination of PAUSABLE) {
      const label = `${destination.kind}/${destination.name}`;
      const router = this.#places.all.map((place) => place.router).find((one) => one.isReady && one.isPaused(label));
      if (router !== undefined) this.pause(router, destination, false);
    }
    this.#world.scheduler.after(CHECK_MS, undefined, () => this.resumeAll());
  }

  /** Whether some router has something paused. */
  get arePausing(): boolean {
    return this.#places.all.some(({ router }) => PAUSABLE.some(({ kind, name }) => router.isPaused(`${kind}/${name}`)));
  }

  /**
   * Redrives a queue, and another time the same one on another router as well. The caller may go away.
   *
   * @param isSlow all that is there, one a second.
   */
  redrive(router: SimulatedRouter, isSlow = false): void {
    const { chance } = this.#world.scheduler;
    const { server } = this.#world;
    // They see in a list of queues where something is.
    const filled = REDRIVABLE.filter((name) => (server.queue(name)?.ready.length ?? 0) > 0);
    const isMistaken = filled.length === 0 || chance.happens(0.1);
    const drawn = drawOrder(chance.pick(isMistaken ? NOT_REDRIVABLE : filled), chance);
    const order = isSlow ? { queue: drawn.queue, to: drawn.to, filter: {}, ratePerSecond: 1 } : drawn;
    const routers = [router, ...(chance.happens(0.5) ? [chance.pick(this.#places.all).router] : [])];
    for (const one of routers) {
      if (!one.isReady) continue;
      const redrive = one.redrive(order, chance.happens(0.2) ? chance.between(0, 1_500) : undefined);
      this.#later(AGAIN_MS, () => this.#goOn(redrive));
    }
  }

  /** Who sees a redrive broken off runs it again. */
  #goOn({ order, life, result }: Redrive): void {
    const { router } = this.#world.scheduler.chance.pick(this.#places.all);
    if (router.isReady && (result === undefined ? !life.alive : result.end === "failed"))
      router.redrive(order, undefined);
  }

  /** Redrives some queues after the faults have stopped. */
  redriveLater(): void {
    const { chance } = this.#world.scheduler;
    const count = chance.between(1, 3);
    for (let redrive = 0; redrive < count; redrive++) {
      this.#later([1_000, 120_000], () => this.redrive(chance.pick(this.#places.all).router));
    }
  }

  #later([leastMs, mostMs]: readonly [number, number], act: () => void): void {
    const { scheduler } = this.#world;
    this.#due += 1;
    scheduler.after(scheduler.chance.between(leastMs, mostMs), undefined, () => {
      this.#due -= 1;
      act();
    });
  }

  /** Whether a redrive goes on, or is yet to begin. */
  get areRedriving(): boolean {
    return this.#due > 0 || this.#world.redrives.running.length > 0;
  }
}

function drawOrder(queue: string, chance: Chance): RedriveOrder {
  const filter = chance.pick([
    {},
    {},
    {},
    { rule: `default/${chance.pick(["first", "second", "third"])}` },
    { errorCode: chance.pick(ERROR_CODES) },
  ]);
  return {
    queue,
    to: chance.pick(["target", "bus"]),
    filter,
    ...(chance.happens(0.2) ? { limit: chance.between(1, 3) } : {}),
    ...(chance.happens(0.3) ? { ratePerSecond: chance.between(1, 5) } : {}),
  };
}
