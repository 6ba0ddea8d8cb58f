import type { DestinationRef } from "../../../src/domain/target/target.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Trace } from "../trace.ts";
import type { RouterPlaces } from "./router-places.ts";
import type { SimulatedRouter } from "./simulated-router.ts";

/** What they pause. */
export const PAUSABLE: readonly DestinationRef[] = [
  { kind: "function", name: "stock" },
  { kind: "function", name: "mail" },
  { kind: "function", name: "sink" },
  { kind: "api-destination", name: "crm" },
];
/** How often they see to it, in the end, that nothing is paused any more. */
const CHECK_MS = 5_000;

/** Who pauses and resumes destinations, on whichever router. */
export class Operators {
  readonly #scheduler: Scheduler;
  readonly #places: RouterPlaces;
  readonly #trace: Trace;

  constructor(scheduler: Scheduler, places: RouterPlaces, trace: Trace) {
    this.#scheduler = scheduler;
    this.#places = places;
    this.#trace = trace;
  }

  pause(router: SimulatedRouter, destination: DestinationRef, paused: boolean): void {
    if (!router.isReady) return;
    const what = `${paused ? "pause" : "resumption"} of ${destination.kind}/${destination.name} on ${router.name}`;
    // A refused change may take effect later all the same.
    router.pause(destination, paused).then(
      () => this.#trace.note(what),
      () => this.#trace.note(`${what}, refused`),
    );
  }

  /** Resumes whatever is paused, from now on. */
  resumeAll(): void {
    for (const destination of PAUSABLE) {
      const label = `${destination.kind}/${destination.name}`;
      const router = this.#places.all.map((place) => place.router).find((one) => one.isReady && one.isPaused(label));
      if (router !== undefined) this.pause(router, destination, false);
    }
    this.#scheduler.after(CHECK_MS, undefined, () => this.resumeAll());
  }

  /** Whether some router has something paused. */
  get arePausing(): boolean {
    return this.#places.all.some(({ router }) => PAUSABLE.some(({ kind, name }) => router.isPaused(`${kind}/${name}`)));
  }
}
