import type { HeldMessage } from "../../../src/ports/broker/holds.ts";
import { HoldsOracle, type Story } from "../../support/holds-oracle.ts";
import { Chance } from "../chance.ts";
import type { HandOut } from "../rabbitmq/queue.ts";
import type { Witness } from "../rabbitmq/server.ts";
import { SimulatedRabbitMq } from "../rabbitmq/server.ts";
import { Scheduler } from "../scheduler.ts";
import { Trace } from "../trace.ts";
import { Violation } from "../violation.ts";
import { drawFaults, HoldFaults } from "./hold-faults.ts";
import { HolderPlaces } from "./holder-places.ts";
import type { HolderDefect, SimulatedHolder } from "./simulated-holder.ts";

export interface HoldSimulationOptions {
  readonly seed: number;
  /** Gets each line of the trace. */
  readonly print?: (line: string) => void;
  readonly defect?: HolderDefect;
}

export interface HoldSimulationResult {
  /** Of everything that happened, in its order. */
  readonly hash: string;
  readonly sent: number;
  readonly received: number;
  readonly deleted: number;
  /** Changes of visibility that were answered as made. */
  readonly hidden: number;
  /** Messages published into `busbar.sqs.held`. */
  readonly moved: number;
}

interface KnownReceipt {
  readonly id: string;
  readonly receipt: string;
}

const QUEUE = "orders";
const HELD = "busbar.sqs.held";
const STEPS = 80;
const START_MS = 60_000;
/** All that is invisible is visible after so long, and all connections are back. */
const HEALING_MS = 10 * 60_000;
/** What crosses the network is there after 10 ms, and what a router does with it a step later. */
const DELETE_GRACE_MS = 30;
const INVISIBLE_MS = [0, 300, 1_500, 4_000, 20_000, 60_000];

/**
 * Runs one seed: three routers that receive from one queue, and clients that receive, delete and change visibility over any
 * of them, while routers die, stop and freeze, connections and channels are lost, and confirms are lost or late; then a time without faults,
 * in which everything is received that was not deleted.
 *
 * @throws Violation when a promise was broken.
 */
export async function simulateHolds(options: HoldSimulationOptions): Promise<HoldSimulationResult> {
  const { stackTraceLimit } = Error;
  if (options.print === undefined) Error.stackTraceLimit = 0;
  const simulation = new HoldSimulation(options);
  const unhandled = (error: unknown): void =>
    simulation.violate(
      `a rejection is not handled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  process.on("unhandledRejection", unhandled);
  try {
    return await simulation.run();
  } finally {
    process.off("unhandledRejection", unhandled);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class HoldSimulation {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #server: SimulatedRabbitMq;
  readonly #oracle: HoldsOracle;
  readonly #places: HolderPlaces;
  readonly #faults: HoldFaults;
  /** Whether nothing is lost: then no message is doubled. */
  readonly #isOrderly: boolean;
  readonly #isFaultless: boolean;
  /** Whether questions of a router may go unanswered. Then one that begins to listen may not learn what was deleted before. */
  readonly #mayNotBeTold: boolean;
  readonly #receipts: KnownReceipt[] = [];
  /** Who heard of each delete, by message. */
  readonly #heardBy = new Map<string, ReadonlySet<object>>();
  /** How many of each message RabbitMQ has. */
  readonly #copies = new Map<string, number>();
  readonly #sums = { sent: 0, received: 0, deleted: 0, hidden: 0, moved: 0 };
  #violation: string | undefined;

  constructor({ seed, print, defect = {} }: HoldSimulationOptions) {
    this.#seed = seed;
    const chance = (this.#chance = new Chance(seed));
    const scheduler = (this.#scheduler = new Scheduler(chance));
    const trace = (this.#trace = new Trace(() => scheduler.elapsedMs, print));
    const drawn = drawFaults(chance);
    this.#isFaultless = drawn.size === 0;
    this.#mayNotBeTold = drawn.has("stall") || drawn.has("publishes");
    this.#isOrderly = [...drawn].every((fault) => fault === "stop");
    this.#oracle = new HoldsOracle({
      nowMs: () => scheduler.elapsedMs,
      violate: (what) => this.violate(what),
      deleteGraceMs: DELETE_GRACE_MS,
    });
    const server = (this.#server = new SimulatedRabbitMq(chance.pick(["3.10", "4.3"]), scheduler, this.#witness()));
    const moving = { moveAfterMs: chance.pick([50, 500, 3_000]), renewAfterMs: chance.pick([1_500, 10_000, 60_000]) };
    this.#places = new HolderPlaces({ server, trace, moving, queue: QUEUE, defect });
    this.#faults = new HoldFaults(drawn, { server, trace, places: this.#places });
    trace.note(`RabbitMQ ${server.version}; ${JSON.stringify(moving)}; faults: ${[...drawn].join(", ") || "none"}`);
  }

  violate(what: string): void {
    this.#violation ??= what;
  }

  async run(): Promise<HoldSimulationResult> {
    await this.#pass(START_MS, () => this.#places.areUp);
    for (let step = 0; step < STEPS; step++) {
      this.#step();
      await this.#pass(this.#pauseMs(), () => false);
    }
    await this.#heal();
    if (this.#isFaultless) this.#oracle.checkCounts();
    this.#places.end();
    await new Promise((resolve) => setImmediate(resolve));
    this.#check();
    return { hash: this.#trace.hash, ...this.#sums };
  }

  #check(): void {
    if (this.#violation !== undefined) throw new Violation(this.#violation, this.#seed, "--holds");
  }

  async #pass(boundMs: number, done: () => boolean): Promise<boolean> {
    const held = await this.#scheduler.run(() => this.#violation !== undefined || done(), boundMs);
    this.#check();
    return held;
  }

  #pauseMs(): number {
    return this.#chance.between(0, this.#chance.pick([5, 50, 50, 1_000, 6_000]));
  }

  #step(): void {
    const chance = this.#chance;
    if (chance.happens(0.12)) this.#faults.inject();
    else if (chance.happens(0.3)) this.#send(chance.between(1, 4));
    else if (chance.happens(0.5)) void this.#receive(chance.pick(INVISIBLE_MS));
    else if (chance.happens(0.3)) void this.#delete();
    else void this.#hide(chance.pick(INVISIBLE_MS));
  }

  #send(count: number): void {
    for (let n = 0; n < count; n++) {
      const id = uuidOf((this.#sums.sent += 1));
      const headers = { "busbar-sent-at": this.#scheduler.nowMs };
      this.#oracle.sent(id);
      this.#server.store({ queue: QUEUE, id, body: Buffer.from(id), headers });
    }
  }

  /** Now and then a long poll. */
  async #receive(invisibleMs: number, limit = this.#chance.between(1, 10)): Promise<readonly HeldMessage[]> {
    const router = this.#places.pickUp();
    if (router === undefined) return [];
    const isLong = this.#chance.happens(0.4);
    const waitMs = this.#chance.pick([200, 2_000, 10_000]);
    const options = { limit, bytesMax: 1_048_576, invisibleMs };
    this.#forgetDeletes(router);
    let receive = this.#oracle.receiveBegins(router.name, invisibleMs);
    const held = await router
      .ask(async ({ holds }) => {
        const first = await holds.getMany(QUEUE, options);
        if (first?.length !== 0 || !isLong) return first;
        await holds.bell(QUEUE, AbortSignal.timeout(waitMs));
        receive = this.#oracle.receiveBegins(router.name, invisibleMs);
        return await holds.getMany(QUEUE, options);
      })
      .catch((error: unknown) => this.#failed(`a receive at ${router.name}`, error));
    for (const { message, receipt, receives } of held ?? []) {
      this.#trace.note(`${router.name} hands out ${message.id} for ${invisibleMs} ms, receive ${receives}`);
      this.#forgetDeletes(router);
      if (!this.#isOrderly && (this.#copies.get(message.id) ?? 0) > 1) this.#oracle.copied(message.id);
      this.#oracle.received(receive, message.id, receives);
      this.#receipts.push({ id: message.id, receipt });
      this.#sums.received += 1;
    }
    return held ?? [];
  }

  async #delete(known = this.#pickReceipt()): Promise<void> {
    const router = this.#places.pickUp();
    if (router === undefined || known === undefined) return;
    const change = this.#oracle.changeBegins(known.id, undefined);
    const [outcome] = await router
      .ask(({ holds }) => holds.delete(QUEUE, [known.receipt]))
      .catch((error: unknown) => this.#failed(`a delete at ${router.name}`, error));
    this.#trace.note(`${router.name} deletes ${known.id}: ${outcome}`);
    this.#oracle.changed(change, outcome);
    if (outcome !== "deleted") return;
    this.#sums.deleted += 1;
    this.#heardBy.set(known.id, this.#places.hearing);
  }

  async #hide(invisibleMs: number, known = this.#pickReceipt()): Promise<void> {
    const router = this.#places.pickUp();
    if (router === undefined || known === undefined) return;
    const change = this.#oracle.changeBegins(known.id, invisibleMs);
    this.#trace.note(`${router.name} is to hide ${known.id} for ${invisibleMs} ms`);
    const [outcome] = await router
      .ask(({ holds }) => holds.hide(QUEUE, [{ receipt: known.receipt, invisibleMs }]))
      .catch((error: unknown) => this.#failed(`a change at ${router.name}`, error));
    this.#trace.note(`${router.name} hides ${known.id} for ${invisibleMs} ms: ${outcome}`);
    this.#oracle.changed(change, outcome);
    if (outcome === "changed") this.#sums.hidden += 1;
  }

  #failed(what: string, error: unknown): [] {
    this.#trace.note(`${what} fails: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }

  /** Mostly of a late receive. */
  #pickReceipt(): KnownReceipt | undefined {
    const { length } = this.#receipts;
    const back = this.#chance.between(1, this.#chance.pick([3, 10, 100]));
    return this.#receipts[Math.max(0, length - back)];
  }

  /** A delete is forgotten when all routers have gone, or were away, that heard of it. */
  #forgetDeletes(router: SimulatedHolder): void {
    const sinceMs = router.listensSinceMs(this.#scheduler.elapsedMs);
    this.#oracle.deletesAreForgotten(({ id, deletedAtMs = 0 }: Story) => {
      const heard = this.#heardBy.get(id);
      if (this.#mayNotBeTold && deletedAtMs < sinceMs) return true;
      return heard !== undefined && !this.#places.isAnyHearingOf(heard);
    });
  }

  /** Faults stop, and everything is received that was not deleted. */
  async #heal(): Promise<void> {
    this.#faults.end();
    await this.#pass(START_MS, () => this.#places.areUp);
    const seen = new Set<string>();
    const left = (): readonly string[] => this.#oracle.undeleted.map(({ id }) => id).filter((id) => !seen.has(id));
    const untilMs = this.#scheduler.elapsedMs + HEALING_MS;
    while (left().length > 0 || this.#unsettled() > 0) {
      if (this.#scheduler.elapsedMs > untilMs) {
        this.violate(`lost: ${left().join(", ")}; ${this.#server.unfinished(() => true).join("; ")}`);
        break;
      }
      let isAnswered = false;
      void this.#receive(5_000, 10).then(async (held) => {
        for (const { message, receipt } of held) {
          seen.add(message.id);
          await this.#delete({ id: message.id, receipt });
        }
        isAnswered = true;
      });
      await this.#pass(60_000, () => isAnswered);
      await this.#pass(500, () => false);
    }
  }

  /** How many messages are in the two queues. */
  #unsettled(): number {
    const queues = [QUEUE, HELD].map((name) => this.#server.queue(name));
    return queues.reduce((sum, queue) => sum + (queue?.ready.length ?? 0) + (queue?.unacked.size ?? 0), 0);
  }

  #witness(): Witness {
    const isOurs = (queue: string): boolean => queue === QUEUE || queue === HELD;
    return {
      declared: () => undefined,
      stored: ({ id, queue }) => {
        if (!isOurs(queue)) return;
        if (queue === HELD) this.#sums.moved += 1;
        const copies = (this.#copies.get(id) ?? 0) + 1;
        this.#copies.set(id, copies);
        // Two routers copy it: one that has lost it, and the next.
        if (copies > 2) this.#oracle.copied(id);
        this.#trace.note(`stored ${id} in ${queue}`);
      },
      logged: () => undefined,
      acked: () => undefined,
      removed: ({ stored: { message } }) => {
        this.#copies.set(message.id, (this.#copies.get(message.id) ?? 0) - 1);
        this.#trace.note(`removed ${message.id} from ${message.queue}`);
      },
      returned: (handOut) => this.#returned(handOut),
      doubted: ({ id }) => this.#oracle.copied(id),
      destroyed: () => undefined,
    };
  }

  #returned({ stored: { message }, orphanedBy }: HandOut): void {
    const { id, queue } = message;
    this.#trace.note(`returned ${id} to ${queue}${orphanedBy === undefined ? "" : `, lost with its ${orphanedBy}`}`);
    if (orphanedBy === undefined) return;
    if (queue === QUEUE) this.#oracle.lost(id);
    if ((this.#copies.get(id) ?? 0) < 2) return;
    this.#oracle.copied(id);
    if (this.#isOrderly) this.violate(`a router that stops leaves two of ${id}`);
  }
}

/** Ids that say nothing of their numbers are hard to read in a trace. */
function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}
