import type { Chance } from "../chance.ts";
import type { SimulatedRabbitMq } from "../rabbitmq/server.ts";
import type { Trace } from "../trace.ts";
import type { HolderPlaces } from "./holder-places.ts";

export const HOLD_FAULTS = ["crash", "stop", "connection", "channel", "freeze", "publishes", "stall"] as const;

export type HoldFault = (typeof HOLD_FAULTS)[number];

/** RabbitMQ gives a connection up whose heartbeats are missing. */
const HEARTBEATS_MS = [20_000, 30_000] as const;

/** Which faults happen to a seed. One in six has none: there, nothing is excused. */
export function drawFaults(chance: Chance): ReadonlySet<HoldFault> {
  if (chance.happens(1 / 6)) return new Set();
  return new Set(HOLD_FAULTS.filter(() => chance.happens(0.4)));
}

interface Parts {
  readonly server: SimulatedRabbitMq;
  readonly trace: Trace;
  readonly places: HolderPlaces;
}

/** Makes faults happen, and ends them. */
export class HoldFaults {
  readonly #drawn: readonly HoldFault[];
  readonly #parts: Parts;

  constructor(drawn: ReadonlySet<HoldFault>, parts: Parts) {
    this.#drawn = [...drawn];
    this.#parts = parts;
  }

  inject(): void {
    const { server, trace, places } = this.#parts;
    const { chance } = server.scheduler;
    if (this.#drawn.length === 0) return;
    const fault = chance.pick(this.#drawn);
    trace.note(`fault: ${fault}`);
    switch (fault) {
      case "crash":
        return places.kill();
      case "stop":
        return void places.stop();
      case "connection":
        return places.pickUp()?.network.cut(chance.between(50, 3_000), chance.pick(["all", "one"]));
      case "channel":
        return places.pickUp()?.network.cutHoldingChannels();
      case "freeze":
        return this.#freeze(chance.pick([300, 3_000, 10_000, 45_000]));
      case "publishes":
        return void Object.assign(server.faults, {
          confirmLost: chance.pick([0, 0, 0.2]),
          storedLate: chance.pick([0, 0, 0.2]),
          refused: chance.pick([0, 0, 0.2]),
        });
      case "stall":
        server.stalledUntilMs = server.scheduler.nowMs + chance.between(500, 12_000);
    }
  }

  /** No fault goes on. */
  end(): void {
    const { server, trace } = this.#parts;
    trace.note("faults stop");
    Object.assign(server.faults, { confirmLost: 0, storedLate: 0, refused: 0 });
    server.stalledUntilMs = 0;
  }

  #freeze(forMs: number): void {
    const { server, trace, places } = this.#parts;
    const { scheduler } = server;
    const router = places.pickUp();
    if (router === undefined) return;
    trace.note(`${router.name} freezes for ${forMs} ms`);
    router.life.frozenUntilMs = scheduler.nowMs + forMs;
    const heartbeatsMs = scheduler.chance.between(...HEARTBEATS_MS);
    if (heartbeatsMs < forMs) scheduler.after(heartbeatsMs, undefined, () => router.network.cut(0, "all"));
  }
}
