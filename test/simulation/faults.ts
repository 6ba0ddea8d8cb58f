import { Chance } from "./chance.ts";
import type { Requests } from "./requests.ts";
import type { Place, RouterPlaces } from "./router/router-places.ts";
import type { Variant } from "./scenario.ts";
import { MOODS } from "./router/simulated-functions.ts";
import type { Operators } from "./router/operators.ts";
import { PAUSABLE } from "./router/operators.ts";
import type { World } from "./router/simulated-router.ts";

export const FAULTS = [
  "crash",
  "connection",
  "channel",
  "publishes",
  "stall",
  "alarm",
  "clock",
  "reload",
  "moods",
  "stop",
  "handover",
  "deletion",
  "polls",
  "containers",
  "poison",
  "ladder",
  "full",
  "pause",
  "redrive",
] as const;

export type Fault = (typeof FAULTS)[number];

/** Those that no message is handed out twice for, nor stored twice. */
const HARMLESS: readonly Fault[] = ["moods", "reload", "polls", "containers", "pause", "full", "redrive"];

/** Which faults happen to a seed. One in eight is free of those that make duplicates: there, none is excused. */
export function drawFaults(chance: Chance): ReadonlySet<Fault> {
  const possible = chance.happens(0.125) ? HARMLESS : FAULTS;
  return new Set(possible.filter(() => chance.happens(0.4)));
}

/** Which faults happen to this seed: its first choice. */
export function faultsOf(seed: number): ReadonlySet<Fault> {
  return drawFaults(new Chance(seed));
}

/** Whether none of them makes a duplicate, or has a request of an operator fail. */
export function areHarmless(drawn: ReadonlySet<Fault>): boolean {
  return [...drawn].every((fault) => HARMLESS.includes(fault));
}

interface Parts {
  readonly drawn: ReadonlySet<Fault>;
  readonly variants: readonly Variant[];
  readonly world: World;
  readonly places: RouterPlaces;
  readonly operators: Operators;
  readonly requests: Requests;
}

/** Makes faults happen, and ends them. */
export class FaultInjector {
  readonly #parts: Parts;
  /** Whether a queue was deleted. */
  deleted = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  inject(fault: Fault, place: Place): void {
    const { world, places, requests, variants, drawn, operators } = this.#parts;
    const { server, functions, trace } = world;
    const { chance } = world.scheduler;
    const { router } = place;
    trace.note(`fault: ${fault} (${router.name})`);
    switch (fault) {
      case "crash":
        return places.crash(place);
      case "connection":
        return router.network.cut(chance.between(100, 10_000), chance.pick(["all", "one"]));
      case "channel":
        return router.network.cutChannels();
      case "publishes":
        Object.assign(server.faults, {
          confirmLost: chance.pick([0, 0.05, 0.3]),
          storedLate: chance.pick([0, 0.05, 0.3]),
          refused: chance.pick([0, 0.05, 0.3]),
        });
        return;
      case "stall":
      case "alarm":
        return this.#stall(fault === "alarm", chance.between(1_000, 40_000));
      case "clock":
        place.clockAheadMs += chance.pick([-60_000, -1_000, 1_000, 30_000, 600_000]);
        router.life.clockAheadMs = place.clockAheadMs;
        return;
      case "reload":
        return places.reload(place, chance.pick(variants));
      case "moods":
        return functions.be(chance.pick(["stock", "mail", "sink", "crm"]), chance.pick(MOODS));
      case "stop":
        // Now and then while the broker is away: then not even what is in hand can be given back.
        if (chance.happens(0.5) && drawn.has("alarm")) this.#stall(true, 30_000);
        return void places.restart(place);
      case "handover":
        return this.#handOver(place);
      case "deletion":
        return this.#deleteQueue();
      case "polls":
        return router.cutPolls();
      case "containers":
        return router.scale(chance.between(1, 4));
      case "poison":
        if (router.isReady) void requests.put(router, "poison");
        return;
      case "full":
        return void server.full.add(chance.pick(["failed", "records", "operations-log"]));
      case "pause":
        return operators.pause(router, chance.pick(PAUSABLE), chance.happens(0.6));
      case "redrive":
        return this.#redrive(place);
      case "ladder":
        server.ladderRepeats = chance.pick([0, 0.2]);
    }
  }

  /** No fault goes on. */
  end(): void {
    const { world, places, operators } = this.#parts;
    world.trace.note("faults stop");
    Object.assign(world.server.faults, { confirmLost: 0, storedLate: 0, refused: 0 });
    Object.assign(world.server, { ladderRepeats: 0, stalledUntilMs: 0 });
    world.server.setAlarm(false);
    world.server.full.clear();
    world.functions.recover();
    operators.resumeAll();
    if (this.#parts.drawn.has("redrive")) operators.redriveLater();
    places.reloadFirst();
  }

  /** A router stops, or consumes otherwise, while calls are under way and others wait. */
  #handOver(place: Place): void {
    const { requests, places, world } = this.#parts;
    const { scheduler, functions } = world;
    const { chance } = scheduler;
    const { router } = place;
    if (!router.isReady) return;
    if (chance.happens(0.7)) for (const name of ["stock", "mail", "sink", "crm"]) functions.be(name, "slow");
    void requests.put(router, "burst");
    scheduler.after(chance.between(50, 1_000), undefined, () =>
      chance.happens(0.6) ? void places.restart(place) : router.scale(chance.between(1, 4)),
    );
  }

  /** Mostly after functions have failed what was put, and often once they were mended. Its router may stop meanwhile. */
  #redrive(place: Place): void {
    const { requests, operators, world, drawn, places } = this.#parts;
    const { scheduler, functions } = world;
    const { chance } = scheduler;
    if (chance.happens(0.3)) return operators.redrive(place.router);
    const failing = ["stock", "mail", "sink", "crm"].filter(() => chance.happens(0.6));
    const mood = chance.pick(["refusing", "failing"] as const);
    for (const name of failing) functions.be(name, mood);
    if (place.router.isReady) void requests.put(place.router, "burst");
    scheduler.after(chance.between(500, 6_000), undefined, () => {
      if (chance.happens(0.6)) for (const name of failing) functions.be(name, "well");
      const stops = drawn.has("stop") && chance.happens(0.5);
      operators.redrive(place.router, stops);
      if (stops) scheduler.after(chance.between(500, 3_000), undefined, () => void places.restart(place));
    });
  }

  #stall(blocked: boolean, forMs: number): void {
    const { server, scheduler } = this.#parts.world;
    server.stalledUntilMs = scheduler.nowMs + forMs;
    server.setAlarm(blocked);
    scheduler.after(forMs, undefined, () => {
      if (server.stalledUntilMs <= scheduler.nowMs) server.setAlarm(false);
    });
  }

  #deleteQueue(): void {
    const { server, trace, scheduler } = this.#parts.world;
    const users = scheduler.chance.happens(0.5);
    const deletable = server.queueNames.filter((name) =>
      users ? !name.startsWith("busbar.") : /^busbar\.(function|container|api-destination)\./.test(name),
    );
    if (deletable.length === 0) return;
    this.deleted = true;
    const queue = scheduler.chance.pick(deletable);
    trace.note(`queue ${queue} is deleted`);
    server.deleteQueue(queue);
  }
}
