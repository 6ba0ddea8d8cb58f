import type { Message } from "../../src/core/broker.ts";
import type { RequestEntry } from "../../src/core/ingest.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../../src/core/queues.ts";
import { CallRules } from "./call-rules.ts";
import { Chance } from "./chance.ts";
import type { AcceptedEvent } from "./final-rules.ts";
import { finalProblems } from "./final-rules.ts";
import { isForPeople, Ledger } from "./ledger.ts";
import type { Sabotage } from "./sabotage.ts";
import type { Variant } from "./scenario.ts";
import { DETAIL_TYPES, drawChange, drawVariant, expectedOf } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import type { PublishFaults } from "./simulated-broker.ts";
import { MOODS, SimulatedFunctions } from "./simulated-functions.ts";
import type { Witness } from "./simulated-rabbitmq.ts";
import { SimulatedRabbitMq } from "./simulated-rabbitmq.ts";
import type { World } from "./simulated-router.ts";
import { SimulatedRouter } from "./simulated-router.ts";
import { Trace } from "./trace.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** How many requests and faults there are. */
  readonly steps?: number;
  /** Gets each line of the trace. */
  readonly print?: (line: string) => void;
  readonly sabotage?: Sabotage;
}

export interface SimulationResult {
  /** Of everything that happened, in its order. */
  readonly hash: string;
  readonly accepted: number;
  readonly deliveries: number;
  readonly calls: number;
  /** Calls that repeated an attempt, since a fault had hidden what came of it. */
  readonly repeated: number;
  readonly parked: number;
  /** Steps of simulated time. */
  readonly steps: number;
  readonly simulatedSeconds: number;
}

/** A promise that was broken. Its message says how to see it again. */
export class Violation extends Error {
  override readonly name = "Violation";
  constructor(what: string, { seed, steps }: SimulationOptions) {
    const replay = `npm run simulate -- --seed ${seed}${steps === undefined ? "" : ` --steps ${steps}`}`;
    super(`seed ${seed}: ${what}\nreplay it with: ${replay}`);
  }
}

const STEPS = 25;
/** How long everything has to come to rest once faults stop: the longest age, the longest wait, and former queues. */
const HEALING_MS = 2 * 3_600_000;
const STOP_MS = 60_000;
/** One that routers do run out of, and one with room for several polls at once. */
const BYTES_IN_FLIGHT_MAX = [10_000, 16 * 1_048_576];
const MAX_BODY_BYTES = 2_048;
const IN_HAND_MAX = 40;

type Fault = (typeof FAULTS)[number];
export const FAULTS = [
  "crash",
  "connection",
  "publishes",
  "stall",
  "alarm",
  "clock",
  "reload",
  "moods",
  "stop",
  "deletion",
  "polls",
  "containers",
  "poison",
  "ladder",
  "full",
  "pause",
] as const;

const PAUSABLE = ["function/stock", "function/mail", "function/sink", "api-destination/crm"];

/** Those that no message is handed out twice for, nor stored twice. */
const HARMLESS: readonly Fault[] = ["moods", "reload", "polls", "containers", "pause", "full"];

/**
 * Runs one seed: two routers, one broker, requests, functions and faults, and then a time without faults in which
 * everything must come to rest.
 *
 * @throws Violation when a promise was broken.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  return await new Simulation(options).run();
}

interface Place {
  readonly name: string;
  router: SimulatedRouter;
  variant: Variant;
  clockAheadMs: number;
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #chance: Chance;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #ledger = new Ledger();
  readonly #server: SimulatedRabbitMq;
  readonly #functions: SimulatedFunctions;
  readonly #rules: CallRules;
  readonly #world: World;
  readonly #variants: readonly [Variant, ...Variant[]];
  readonly #faults: ReadonlySet<Fault>;
  readonly #publishFaults: PublishFaults = { confirmLost: 0, storedLate: 0, refused: 0 };
  readonly #places: readonly Place[];
  readonly #accepted: AcceptedEvent[] = [];
  #changed = false;
  #pendingPuts = 0;
  #lives = 0;
  #puts = 0;
  #ids = 0;
  #violation: string | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    this.#scheduler = new Scheduler(this.#chance);
    this.#trace = new Trace(() => this.#scheduler.elapsedMs, options.print);
    this.#faults = this.#drawFaults();
    const base = drawVariant(this.#chance);
    this.#variants = [base, drawChange(base, this.#chance), drawChange(base, this.#chance)];
    const scheduler = this.#scheduler;
    this.#server = new SimulatedRabbitMq(this.#chance.pick(["3.10", "4.3"]), scheduler, this.#witness());
    this.#functions = new SimulatedFunctions({ scheduler, poisoned: (life) => this.#poisoned(life) });
    const violate = (what: string): void => void (this.#violation ??= what);
    this.#rules = new CallRules({ scheduler, ledger: this.#ledger, base, violate });
    this.#world = {
      scheduler,
      server: this.#server,
      functions: this.#functions,
      witness: this.#witness(),
      rules: this.#rules,
      faults: this.#publishFaults,
      bytesInFlightMax: this.#chance.pick(BYTES_IN_FLIGHT_MAX),
      trace: this.#trace,
      sabotage: options.sabotage ?? {},
      newId: () => `d-${(this.#ids += 1)}`,
    };
    this.#places = ["A", "B"].map((name) => this.#place(name, base));
  }

  async run(): Promise<SimulationResult> {
    this.#trace.note(`RabbitMQ ${this.#server.version}; faults: ${[...this.#faults].join(", ") || "none"}`);
    const steps = this.#options.steps ?? STEPS;
    for (let step = 0; step < steps; step++) {
      this.#act();
      await this.#pass(this.#pauseMs(), () => false);
    }
    await this.#heal();
    await this.#stopAll();
    const problems = finalProblems(this.#ledger, this.#accepted, this.#variants[0], {
      changed: this.#changed,
      clocksJump: this.#faults.has("clock"),
    });
    if (problems[0] !== undefined) throw new Violation(problems[0], this.#options);
    return this.#result();
  }

  /** Mostly things come one upon the other, and at times there is rest enough for every timer to fire. */
  #pauseMs(): number {
    const chance = this.#chance;
    if (chance.happens(0.01)) return 400_000;
    return chance.between(0, chance.happens(0.1) ? 20_000 : 800);
  }

  /** Lets time pass until the condition holds, watching what must hold at every moment. */
  async #pass(boundMs: number, done: () => boolean): Promise<boolean> {
    const held = await this.#scheduler.run(() => {
      this.#checkMoment();
      return this.#violation !== undefined || done();
    }, boundMs);
    if (this.#violation !== undefined) throw new Violation(this.#violation, this.#options);
    return held;
  }

  #checkMoment(): void {
    for (const { router } of this.#places) {
      const { usedBytes, limitBytes } = router.inFlight;
      if (usedBytes < 0 || usedBytes > limitBytes + IN_HAND_MAX * MAX_BODY_BYTES) {
        this.#violation ??= `router ${router.name} counts ${usedBytes} bytes in flight`;
      }
    }
  }

  #drawFaults(): ReadonlySet<Fault> {
    const chance = this.#chance;
    // One seed in eight is free of faults that make duplicates: there, none is excused.
    const possible = chance.happens(0.125) ? HARMLESS : FAULTS;
    return new Set(possible.filter(() => chance.happens(0.4)));
  }

  #place(name: string, variant: Variant): Place {
    const place: Place = { name, variant, clockAheadMs: 0, router: this.#router(name, variant) };
    return place;
  }

  #router(name: string, variant: Variant): SimulatedRouter {
    const router = new SimulatedRouter(`${name}${(this.#lives += 1)}`, variant, this.#world);
    void router.start();
    this.#trace.note(`router ${router.name} starts`);
    return router;
  }

  #act(): void {
    const chance = this.#chance;
    const place = chance.pick(this.#places);
    const faults = [...this.#faults];
    if (faults.length > 0 && chance.happens(0.25)) this.#inject(chance.pick(faults), place);
    else if (place.router.ready) void this.#put(place.router);
  }

  #inject(fault: Fault, place: Place): void {
    const chance = this.#chance;
    const { router } = place;
    const server = this.#server;
    this.#trace.note(`fault: ${fault} (${router.name})`);
    switch (fault) {
      case "crash":
        return this.#crash(place);
      case "connection":
        return router.broker.cut(chance.between(100, 10_000));
      case "publishes":
        Object.assign(this.#publishFaults, {
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
        router.clockAheadMs = place.clockAheadMs;
        return;
      case "reload":
        return this.#reload(place, chance.pick(this.#variants));
      case "moods":
        return this.#functions.be(chance.pick(["stock", "mail", "sink", "crm"]), chance.pick(MOODS));
      case "stop":
        // Now and then while the broker is away: then not even what is in hand can be given back.
        if (chance.happens(0.5) && this.#faults.has("alarm")) this.#stall(true, 30_000);
        return void this.#restart(place);
      case "deletion": {
        const users = chance.happens(0.5);
        const deletable = server.queueNames.filter((name) =>
          users ? !name.startsWith("busbar.") : /^busbar\.(function|container|api-destination)\./.test(name),
        );
        if (deletable.length === 0) return;
        this.#changed = true;
        const queue = chance.pick(deletable);
        this.#trace.note(`queue ${queue} is deleted`);
        return server.deleteQueue(queue);
      }
      case "polls":
        return router.cutPolls();
      case "containers":
        return router.scale(chance.between(1, 4));
      case "poison":
        if (router.ready) void this.#put(router, true);
        return;
      case "full":
        return void server.full.add(chance.pick(["failed", "records", "operations-log"]));
      case "pause":
        return router.pause(chance.pick(PAUSABLE), chance.happens(0.5));
      case "ladder":
        server.ladderRepeats = chance.pick([0, 0.2]);
    }
  }

  #stall(blocked: boolean, forMs: number): void {
    const server = this.#server;
    server.stalledUntilMs = this.#scheduler.nowMs + forMs;
    server.blocked = blocked;
    this.#scheduler.after(forMs, undefined, () => {
      if (server.stalledUntilMs <= this.#scheduler.nowMs) server.blocked = false;
    });
  }

  #reload(place: Place, variant: Variant): void {
    this.#changed ||= variant !== this.#variants[0];
    place.variant = variant;
    this.#trace.note(`router ${place.router.name} reads configuration ${this.#variants.indexOf(variant)}`);
    void place.router.reload(variant);
  }

  #crash(place: Place): void {
    if (!place.router.life.alive) return;
    this.#trace.note(`router ${place.router.name} dies`);
    place.router.crash();
    this.#scheduler.after(this.#chance.between(100, 5_000), undefined, () => this.#replace(place));
  }

  async #restart(place: Place): Promise<void> {
    const { router } = place;
    if (!router.life.alive || !router.ready) return;
    await router.stop();
    this.#trace.note(`router ${router.name} has stopped`);
    if (!this.#stopped) this.#scheduler.after(this.#chance.between(100, 5_000), undefined, () => this.#replace(place));
  }

  #stopped = false;

  #replace(place: Place): void {
    place.router = this.#router(place.name, place.variant);
    place.router.clockAheadMs = place.clockAheadMs;
  }

  #poisoned(life: { alive: boolean }): void {
    const place = this.#places.find(({ router }) => router.life === life);
    if (place !== undefined) this.#crash(place);
  }

  async #put(router: SimulatedRouter, poison = false): Promise<void> {
    const chance = this.#chance;
    const { variant, life } = router;
    const puts = Array.from({ length: poison ? 1 : chance.between(1, 3) }, () => {
      const bus = chance.pick(["default", "default", "default", "audit", ...(chance.happens(0.1) ? ["nowhere"] : [])]);
      return { bus, type: chance.pick(DETAIL_TYPES) };
    });
    const entries = puts.map(({ bus, type }): RequestEntry => {
      const detail = { put: (this.#puts += 1), ...(poison ? { poison } : {}), pad: "x".repeat(chance.between(0, 600)) };
      return { source: "shop", detailType: type, detail: JSON.stringify(detail), eventBusName: bus };
    });
    this.#pendingPuts += 1;
    const result = await router.ingest(entries);
    this.#pendingPuts -= 1;
    if (result.kind !== "answered" || !life.alive) return;
    result.entries.forEach((entry, index) => {
      const put = puts[index];
      if (!entry.ok || put === undefined) return;
      const { bus, type } = put;
      this.#trace.note(`router ${router.name} accepted ${entry.eventId}`);
      this.#accepted.push({
        eventId: entry.eventId,
        expected: expectedOf(variant, bus, type),
        unknownBus: bus === "nowhere",
      });
    });
  }

  /** Faults stop, every router has the same configuration again, and all must come to rest. */
  async #heal(): Promise<void> {
    this.#trace.note("faults stop");
    Object.assign(this.#publishFaults, { confirmLost: 0, storedLate: 0, refused: 0 });
    Object.assign(this.#server, { ladderRepeats: 0, stalledUntilMs: 0, blocked: false });
    this.#server.full.clear();
    this.#functions.recover();
    for (const { router } of this.#places) for (const label of PAUSABLE) router.pause(label, false);
    const [base] = this.#variants;
    for (const place of this.#places) {
      place.variant = base;
      if (place.router.life.alive && place.router.variant !== base) this.#reload(place, base);
    }
    if (await this.#pass(HEALING_MS, () => this.#isAtRest())) return;
    throw new Violation(`it does not come to rest: ${this.#unrest().join("; ")}`, this.#options);
  }

  /** What routers still have, or are waiting for. */
  #unrest(): readonly string[] {
    const routers = this.#places.flatMap(({ router }) => {
      const { usedBytes } = router.inFlight;
      return usedBytes === 0 ? [] : [`router ${router.name} counts ${usedBytes} bytes in flight`];
    });
    return [...this.#server.unfinished(isOurs), ...routers];
  }

  async #stopAll(): Promise<void> {
    this.#stopped = true;
    let running = this.#places.length;
    for (const { router } of this.#places) void router.stop().then(() => (running -= 1));
    if (!(await this.#pass(STOP_MS, () => running === 0))) throw new Violation("a router does not stop", this.#options);
  }

  #isAtRest(): boolean {
    return (
      this.#places.every(({ router }) => router.life.alive && router.ready && router.broker.connected) &&
      this.#rules.running === 0 &&
      this.#unrest().length === 0
    );
  }

  #witness(): Witness {
    const ledger = this.#ledger;
    const note = (what: string): void => this.#trace.note(what);
    return {
      stored: (message: Message, delayMs: number) => {
        note(`stored ${message.id} in ${message.queue}${delayMs === 0 ? "" : ` after ${delayMs} ms`}`);
        ledger.stored(message, this.#scheduler.nowMs);
      },
      returned: (id: string) => {
        note(`returned ${id}`);
        ledger.returned(id);
      },
      doubted: (id: string) => {
        note(`doubted ${id}`);
        ledger.doubted(id);
      },
      destroyed: (message: Message) => {
        note(`destroyed ${message.id}`);
        ledger.destroyed(message);
      },
    };
  }

  #result(): SimulationResult {
    const stories = [...this.#ledger.stories.values()];
    const attempts = stories.flatMap(({ calls }) => [...calls.values()]);
    const calls = attempts.flat().length;
    return {
      hash: this.#trace.hash,
      accepted: this.#accepted.length,
      deliveries: stories.length,
      calls,
      repeated: calls - attempts.length,
      parked: stories.filter(({ kept }) => kept.has(PARKED_QUEUE)).length,
      steps: this.#scheduler.steps,
      simulatedSeconds: this.#scheduler.elapsedMs / 1_000,
    };
  }
}

/** Queues that routers must have emptied in the end. */
function isOurs(queue: string): boolean {
  return !isForPeople(queue) && queue !== DEAD_LETTER_QUEUE && queue !== PARKED_QUEUE;
}
