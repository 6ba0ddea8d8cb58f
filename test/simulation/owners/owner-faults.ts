import type { HolderPlaces } from "../holds/holder-places.ts";
import type { SimulatedHolder } from "../holds/simulated-holder.ts";
import type { Chance } from "../chance.ts";
import type { SimulatedRabbitMq } from "../rabbitmq/server.ts";
import type { Trace } from "../trace.ts";

export const OWNER_FAULTS = [
  "crash",
  "stop",
  "connection",
  "channel",
  "freeze",
  "publishes",
  "stall",
  "clock",
] as const;

export type OwnerFault = (typeof OWNER_FAULTS)[number];

/** RabbitMQ gives a connection up whose heartbeats are missing. */
const HEARTBEATS_MS = [20_000, 30_000] as const;
/** How far a router's clock is from the true time at most. */
export const CLOCK_MS = 2_000;
/** A router has its connections again after so long, and nothing is late any more. */
const BACK_MS = 5_000;

/** Which faults happen to a seed. One in six has none: there, nothing is excused. */
export function drawFaults(chance: Chance): ReadonlySet<OwnerFault> {
  if (chance.happens(1 / 6)) return new Set();
  return new Set(OWNER_FAULTS.filter(() => chance.happens(0.4)));
}

const NONE = { confirmLost: 0, storedLate: 0, refused: 0 };

interface Parts {
  readonly server: SimulatedRabbitMq;
  readonly trace: Trace;
  readonly places: HolderPlaces;
  /** Who owns the queue. */
  readonly owner: () => SimulatedHolder | undefined;
}

/** Makes faults happen, mostly to the owner, and ends them. */
export class OwnerFaults {
  readonly #drawn: readonly OwnerFault[];
  readonly #parts: Parts;
  #spoiledUntilMs = -Infinity;

  constructor(drawn: ReadonlySet<OwnerFault>, parts: Parts) {
    this.#drawn = [...drawn];
    this.#parts = parts;
  }

  inject(): void {
    const { server, trace, places } = this.#parts;
    const { chance } = server.scheduler;
    if (this.#drawn.length === 0) return;
    const fault = chance.pick(this.#drawn);
    const router = this.#router();
    trace.note(`fault: ${fault} ${router?.name ?? ""}`);
    if (router === undefined) return;
    switch (fault) {
      case "crash":
        return places.kill(router);
      case "stop":
        return void places.stop(router);
      case "connection":
        return router.network.cut(chance.between(50, 8_000), chance.pick(["all", "one", "one"]));
      case "channel":
        return router.network.cutHoldingChannels();
      case "freeze":
        return this.#freeze(router, chance.pick([300, 3_000, 12_000, 45_000]));
      case "publishes":
        return this.#spoil(chance.between(100, 15_000));
      case "stall":
        server.stalledUntilMs = server.scheduler.nowMs + chance.between(500, 12_000);
        return;
      case "clock":
        router.life.clockAheadMs = chance.between(-CLOCK_MS, CLOCK_MS);
    }
  }

  /** Whether everything that a router has published since then was stored and confirmed in time. */
  couldPublish({ network, life }: SimulatedHolder, sinceMs: number): boolean {
    const { stalledUntilMs } = this.#parts.server;
    const { downUntilMs, lastCutAtMs = -Infinity } = network;
    const lastMs = Math.max(this.#spoiledUntilMs, stalledUntilMs, downUntilMs, lastCutAtMs, life.frozenUntilMs);
    return lastMs + BACK_MS < sinceMs;
  }

  /** No fault goes on. Clocks stay as they are. */
  end(): void {
    const { server, trace } = this.#parts;
    trace.note("faults stop");
    Object.assign(server.faults, NONE);
    server.stalledUntilMs = 0;
  }

  /** Confirms are lost or late, or are refusals. */
  #spoil(forMs: number): void {
    const { faults, scheduler } = this.#parts.server;
    const { chance, nowMs } = scheduler;
    for (const name of ["confirmLost", "storedLate", "refused"] as const) faults[name] = chance.pick([0, 0.2, 0.5]);
    this.#spoiledUntilMs = Math.max(this.#spoiledUntilMs, nowMs + forMs);
    scheduler.after(forMs, undefined, () => {
      if (scheduler.nowMs >= this.#spoiledUntilMs) Object.assign(faults, NONE);
    });
  }

  #router(): SimulatedHolder | undefined {
    const { places, owner, server } = this.#parts;
    const owning = owner();
    return owning?.isUp && server.scheduler.chance.happens(0.6) ? owning : places.pickUp();
  }

  #freeze(router: SimulatedHolder, forMs: number): void {
    const { scheduler } = this.#parts.server;
    this.#parts.trace.note(`${router.name} freezes for ${forMs} ms`);
    router.life.frozenUntilMs = scheduler.nowMs + forMs;
    const heartbeatsMs = scheduler.chance.between(...HEARTBEATS_MS);
    if (heartbeatsMs < forMs) scheduler.after(heartbeatsMs, undefined, () => router.network.cut(0, "all"));
  }
}
