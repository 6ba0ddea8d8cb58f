import { RULE_KIND } from "../../../src/domain/made/made.ts";
import type { Change } from "../../../src/ports/store/entities.ts";
import { Chance } from "../chance.ts";
import { Scheduler } from "../scheduler.ts";
import { Trace } from "../trace.ts";
import { Violation } from "../violation.ts";
import type { StoreDefect } from "./defects.ts";
import { SimulatedMaker } from "./simulated-maker.ts";
import { keyOf, SimulatedStore } from "./simulated-store.ts";
import { StorePromises, tokensOf } from "./store-promises.ts";

export interface StoreSimulationOptions {
  readonly seed: number;
  /** Gets each line of the trace. */
  readonly print?: (line: string) => void;
  readonly defect?: StoreDefect;
}

export interface StoreSimulationResult {
  /** Of everything that happened, in its order. */
  readonly hash: string;
  readonly commits: number;
  /** How many changes got each answer. */
  readonly answers: Readonly<Record<string, number>>;
}

const STEPS = 60;
const NAMES = ["a", "b", "c"];
const NO_FAULTS = { lostCalls: 0, lostAnswers: 0, slowCalls: 0, forgotten: 0 };
/** Longer than any call takes, tries and waits included, and than two polls. */
const HEALING_MS = 30_000;

/**
 * Runs one seed: two or three routers that change and follow what one store has, with calls and answers that are lost or late,
 * routers that die, and a store that is away for a while; then a time without faults in which everything must come to rest.
 *
 * @throws Violation when a promise was broken.
 */
export async function simulateStore(options: StoreSimulationOptions): Promise<StoreSimulationResult> {
  return await new StoreSimulation(options).run();
}

class StoreSimulation {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #store: SimulatedStore;
  readonly #promises: StorePromises;
  readonly #routers: SimulatedMaker[];
  readonly #newRouter: () => SimulatedMaker;
  #tokens = 0;
  /** The changes that were not answered, each with the router that was asked. */
  readonly #underWay = new Map<string, SimulatedMaker>();
  #violation: string | undefined;

  constructor({ seed, print, defect = {} }: StoreSimulationOptions) {
    this.#seed = seed;
    const chance = (this.#chance = new Chance(seed));
    const scheduler = (this.#scheduler = new Scheduler(chance));
    this.#trace = new Trace(() => scheduler.elapsedMs, print);
    const drawn = (most: number) => (chance.happens(0.5) ? 0 : chance.next() * most);
    const faults = { lostCalls: drawn(0.2), lostAnswers: drawn(0.2), slowCalls: drawn(0.3), forgotten: drawn(0.5) };
    const store = (this.#store = new SimulatedStore(scheduler, faults));
    const promises = (this.#promises = new StorePromises(store, (what) => (this.#violation ??= what)));
    const world = { scheduler, store, promises, defect, lostBroadcasts: chance.pick([0, 0.3, 1]) };
    this.#newRouter = () => new SimulatedMaker(world, () => this.#routers);
    this.#routers = Array.from({ length: chance.between(2, 3) }, this.#newRouter);
  }

  async run(): Promise<StoreSimulationResult> {
    for (const router of this.#routers) router.start();
    for (let step = 0; step < STEPS && this.#violation === undefined; step++) {
      this.#step();
      await this.#scheduler.run(() => false, this.#chance.pick([0, 1, 10, 100, 2_000]));
    }
    this.#heal();
    await this.#scheduler.run(() => false, HEALING_MS);
    // Whoever asked a router that died gets no answer.
    const forgotten = [...this.#underWay].filter(([, router]) => router.life.alive).map(([token]) => token);
    if (forgotten.length > 0) this.#violation ??= `changes were never answered: ${forgotten.join(", ")}`;
    this.#promises.checkHistory();
    for (const [index, { inForce }] of this.#routers.entries()) this.#promises.checkRest(`router ${index}`, inForce);
    if (this.#violation !== undefined) throw new Violation(this.#violation, this.#seed, "--store");
    const answers = Object.fromEntries(this.#promises.answers);
    return { hash: this.#trace.hash, commits: this.#store.commits.length, answers };
  }

  #step(): void {
    const chance = this.#chance;
    if (chance.happens(0.05)) this.#replaceRouter(chance.between(0, this.#routers.length - 1));
    else if (chance.happens(0.05)) this.#goAway();
    else for (let changes = chance.between(1, 4); changes > 0; changes--) this.#change(chance.pick(this.#routers));
  }

  /** A router dies, with whatever it was doing. Its callers get no answer. */
  #replaceRouter(index: number): void {
    this.#trace.note(`router ${index} dies`);
    this.#routers[index]?.kill();
    const router = (this.#routers[index] = this.#newRouter());
    router.start();
  }

  #goAway(): void {
    const forMs = this.#chance.between(1, 5_000);
    this.#trace.note(`the store is away for ${forMs} ms`);
    this.#store.isAway = true;
    this.#scheduler.after(forMs, undefined, () => (this.#store.isAway = false));
  }

  /** A caller adds a token to a rule, or deletes it. Only a router that has read the store is asked. */
  #change(router: SimulatedMaker): void {
    if (!router.isStarted) return;
    const chance = this.#chance;
    const key = { kind: RULE_KIND, name: chance.pick(NAMES) };
    const token = `t${(this.#tokens += 1)}`;
    const isDelete = chance.happens(0.2);
    this.#underWay.set(token, router);
    router.life.run(() => {
      void router.made
        .change([key], ([found]): readonly Change[] => {
          if (isDelete) return found === undefined ? [] : [{ change: "delete", ...key, expect: found.revision }];
          const value = [...tokensOf(found?.value ?? ""), token].join(" ");
          return [{ change: "put", ...key, value, expect: found?.revision ?? "absent" }];
        })
        .then((result) => {
          this.#trace.note(
            `${isDelete ? "delete" : "put"} ${keyOf(key.kind, key.name)} ${token}: ${JSON.stringify(result)}`,
          );
          if (!isDelete) this.#promises.answered(token, result, router.inForce);
          this.#underWay.delete(token);
        });
    });
  }

  #heal(): void {
    this.#store.isAway = false;
    this.#store.faults = NO_FAULTS;
  }
}
