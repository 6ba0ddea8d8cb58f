import { CallRules } from "./oracle/call-rules.ts";
import { Chance } from "./chance.ts";
import type { Fault } from "./faults.ts";
import { areHarmless, drawFaults, FaultInjector } from "./faults.ts";
import { finalProblems } from "./oracle/final-rules.ts";
import { CONTROL_LOG, DEAD_LETTERS, PARKED } from "./oracle/promises.ts";
import { isForPeople, Ledger } from "./oracle/ledger.ts";
import { AnswerRules } from "./oracle/answer-rules.ts";
import { AnswersUnderWay } from "./router/holding.ts";
import { PauseRules } from "./oracle/pause-rules.ts";
import { RedriveRules } from "./oracle/redrive-rules.ts";
import { MessageRules } from "./oracle/message-rules.ts";
import { Requests } from "./requests.ts";
import { Operators } from "./router/operators.ts";
import { RouterPlaces } from "./router/router-places.ts";
import type { Sabotage } from "./sabotage.ts";
import type { Variant } from "./scenario.ts";
import { drawChange, drawVariant, expectedOf } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { SimulatedFunctions } from "./router/simulated-functions.ts";
import { heldIn } from "./oracle/pack.ts";
import type { Witness } from "./rabbitmq/server.ts";
import { SimulatedRabbitMq } from "./rabbitmq/server.ts";
import type { World } from "./router/simulated-router.ts";
import { Trace } from "./trace.ts";
import { Violation } from "./violation.ts";

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
  /** Dead letters that were redriven. */
  readonly redriven: number;
  /** Answers that another router got than the one that waited. */
  readonly relayed: number;
  /** Steps of simulated time. */
  readonly steps: number;
  readonly simulatedSeconds: number;
}

const STEPS = 25;
/** How long everything has to come to rest once faults stop: the longest age, the longest wait, and former queues. */
const HEALING_MS = 2 * 3_600_000;
const START_MS = 60_000;
const STOP_MS = 60_000;
/** One that routers do run out of, and one with room for several polls at once. */
const BYTES_IN_FLIGHT_MAX = [10_000, 16 * 1_048_576];
const MAX_BODY_BYTES = 2_048;
const IN_HAND_MAX = 40;

/**
 * Runs one seed: two routers, one broker, requests, functions and faults, and then a time without faults in which
 * everything must come to rest.
 *
 * @throws Violation when a promise was broken.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  return await new Simulation(options).run();
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #chance: Chance;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #ledger = new Ledger();
  readonly #world: World;
  readonly #base: Variant;
  readonly #faults: ReadonlySet<Fault>;
  readonly #injector: FaultInjector;
  readonly #places: RouterPlaces;
  readonly #operators: Operators;
  readonly #requests: Requests;
  #ids = 0;
  #violation: string | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const chance = (this.#chance = new Chance(options.seed));
    const scheduler = (this.#scheduler = new Scheduler(chance));
    const trace = (this.#trace = new Trace(() => scheduler.elapsedMs, options.print));
    const drawn = (this.#faults = drawFaults(chance));
    const base = (this.#base = drawVariant(chance));
    const variants = [base, drawChange(base, chance), drawChange(base, chance)] as const;
    const violate = (what: string): void => void (this.#violation ??= what);
    const witness = this.#witness(new MessageRules({ ledger: this.#ledger, base, violate }));
    const faultless = areHarmless(drawn);
    const world = (this.#world = {
      scheduler,
      server: new SimulatedRabbitMq(chance.pick(["3.10", "4.3"]), scheduler, witness),
      functions: new SimulatedFunctions({ scheduler, poisoned: (life) => this.#places.crashLife(life) }),
      ledger: this.#ledger,
      redrives: new RedriveRules({ scheduler, ledger: this.#ledger, expectedOf, faultless, violate }),
      answers: new AnswerRules({ scheduler, faultless, violate }),
      answersUnderWay: new AnswersUnderWay(),
      anyRouter: () => chance.pick(this.#places.all).router,
      pauses: new PauseRules({ scheduler, violate }),
      rules: new CallRules({ scheduler, ledger: this.#ledger, base, violate }),
      bytesInFlightMax: chance.pick(BYTES_IN_FLIGHT_MAX),
      trace,
      sabotage: options.sabotage ?? {},
      newId: () => `d-${(this.#ids += 1)}`,
    });
    const requests = (this.#requests = new Requests(chance, trace));
    const places = (this.#places = new RouterPlaces(variants, world));
    const operators = (this.#operators = new Operators(world, places));
    this.#injector = new FaultInjector({ drawn, variants, world, places, requests, operators });
  }

  async run(): Promise<SimulationResult> {
    const unhandled = (error: unknown): void => {
      this.#violation ??= `a rejection is not handled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    };
    const warned = ({ name, message }: Error): void => {
      if (name === "MaxListenersExceededWarning") this.#violation ??= `listeners are not removed: ${message}`;
    };
    process.on("unhandledRejection", unhandled);
    process.on("warning", warned);
    const { stackTraceLimit } = Error;
    // amqplib captures a stack with each channel that it closes, which was a fifth of a seed's time.
    if (this.#options.print === undefined) Error.stackTraceLimit = 0;
    try {
      return await this.#run();
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      process.off("unhandledRejection", unhandled);
      process.off("warning", warned);
    }
  }

  async #run(): Promise<SimulationResult> {
    this.#trace.note(`RabbitMQ ${this.#world.server.version}; faults: ${[...this.#faults].join(", ") || "none"}`);
    // Now and then faults begin before the routers do.
    if (this.#chance.happens(0.8)) await this.#pass(START_MS, () => this.#places.areReady);
    const steps = this.#options.steps ?? STEPS;
    for (let step = 0; step < steps; step++) {
      this.#act();
      await this.#pass(this.#pauseMs(), () => false);
    }
    await this.#heal();
    await this.#stopAll();
    await this.#checkRejections();
    const problems = finalProblems(this.#ledger, this.#requests.accepted, this.#base, {
      changed: this.#places.changed || this.#injector.deleted,
      clocksJump: this.#faults.has("clock"),
    });
    if (problems[0] !== undefined) throw this.#broken(problems[0]);
    return this.#result();
  }

  #broken(what: string): Violation {
    const { seed, steps } = this.#options;
    return new Violation(what, seed, ...(steps === undefined ? [] : [`--steps ${steps}`]));
  }

  /** Node.js reports rejections that nobody handles, and warns, once it has nothing else to do. */
  async #checkRejections(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#violation !== undefined) throw this.#broken(this.#violation);
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
    if (this.#violation !== undefined) throw this.#broken(this.#violation);
    return held;
  }

  #checkMoment(): void {
    for (const { router } of this.#places.all) {
      const { usedBytes, limitBytes } = router.inFlight;
      if (usedBytes < 0 || usedBytes > limitBytes + IN_HAND_MAX * MAX_BODY_BYTES) {
        this.#violation ??= `router ${router.name} counts ${usedBytes} bytes in flight`;
      }
    }
  }

  #act(): void {
    const chance = this.#chance;
    const place = chance.pick(this.#places.all);
    const faults = [...this.#faults];
    if (faults.length > 0 && chance.happens(0.25)) this.#injector.inject(chance.pick(faults), place);
    else if (place.router.isReady) void this.#requests.put(place.router);
  }

  /** Faults stop, every router has the same configuration again, and all must come to rest. */
  async #heal(): Promise<void> {
    this.#injector.end();
    if (await this.#pass(HEALING_MS, () => this.#isAtRest())) return;
    throw this.#broken(`it does not come to rest: ${this.#unrest().join("; ")}`);
  }

  /** What routers still have, or are waiting for. */
  #unrest(): readonly string[] {
    const routers = this.#places.all.flatMap(({ router }) => {
      const { usedBytes } = router.inFlight;
      return usedBytes === 0 ? [] : [`router ${router.name} counts ${usedBytes} bytes in flight`];
    });
    return [...this.#world.server.unfinished(isOurs), ...routers];
  }

  async #stopAll(): Promise<void> {
    let running = this.#places.all.length;
    this.#places.stop(() => (running -= 1));
    if (!(await this.#pass(STOP_MS, () => running === 0))) throw this.#broken("a router does not stop");
  }

  #isAtRest(): boolean {
    return (
      this.#places.areReady &&
      !this.#operators.arePausing &&
      !this.#operators.areRedriving &&
      this.#world.rules.running === 0 &&
      this.#unrest().length === 0
    );
  }

  #witness(rules: MessageRules): Witness {
    const ledger = this.#ledger;
    const note = (what: string): void => this.#trace.note(what);
    return {
      declared: (queue, given) => rules.declared(queue, given),
      stored: (stored, delayMs) => {
        for (const message of heldIn(stored)) {
          note(`stored ${message.id} in ${message.queue}${delayMs === 0 ? "" : ` after ${delayMs} ms`}`);
          ledger.stored(message, this.#scheduler.nowMs);
          rules.stored(message, delayMs);
          this.#world.redrives.stored(message);
        }
      },
      logged: (stream, body) => {
        if (stream === CONTROL_LOG) this.#world.pauses.logged(body);
      },
      acked: (handOut) => this.#world.rules.acked(handOut),
      removed: (handOut) => this.#world.redrives.removed(handOut),
      returned: (handOut) => {
        for (const message of heldIn(handOut.stored.message)) {
          note(`returned ${message.id}`);
          ledger.returned(message, handOut.queue.name);
        }
        this.#world.redrives.returned(handOut);
      },
      doubted: (stored) => {
        for (const message of heldIn(stored)) {
          if (ledger.storyOf(message) !== undefined) note(`doubted ${message.id}`);
          ledger.doubted(message);
        }
      },
      destroyed: (stored) => {
        for (const message of heldIn(stored)) {
          note(`destroyed ${message.id}`);
          ledger.destroyed(message);
        }
      },
    };
  }

  #result(): SimulationResult {
    const stories = [...this.#ledger.stories.values()];
    const attempts = stories.flatMap(({ calls }) => [...calls.values()]);
    const calls = attempts.flat().length;
    return {
      hash: this.#trace.hash,
      accepted: this.#requests.accepted.length,
      deliveries: stories.length,
      calls,
      repeated: calls - attempts.length,
      redriven: this.#world.redrives.all.reduce((sum, { removed }) => sum + removed.size, 0),
      relayed: this.#world.answers.relayed,
      parked: stories.filter(({ kept }) => kept.has(PARKED)).length,
      steps: this.#scheduler.steps,
      simulatedSeconds: this.#scheduler.elapsedMs / 1_000,
    };
  }
}

/** Queues that routers must have emptied in the end. */
function isOurs(queue: string): boolean {
  return !isForPeople(queue) && queue !== DEAD_LETTERS && queue !== PARKED;
}
