import { CLOCK_MS, drawFaults, OwnerFaults } from "./owner-faults.ts";
import { Chance } from "../chance.ts";
import { HolderPlaces } from "../holds/holder-places.ts";
import type { SimulatedHolder } from "../holds/simulated-holder.ts";
import type { Witness } from "../rabbitmq/server.ts";
import { SimulatedRabbitMq } from "../rabbitmq/server.ts";
import { Scheduler } from "../scheduler.ts";
import { Trace } from "../trace.ts";
import { Violation } from "../violation.ts";
import type { Change } from "./oracle/story.ts";
import { FifoOracle } from "./oracle/fifo-oracle.ts";
import { Hands } from "./hands.ts";

export interface OwnerSimulationOptions {
  readonly seed: number;
  /** Gets each line of the trace. */
  readonly print?: (line: string) => void;
}

export interface OwnerSimulationResult {
  /** Of everything that happened, in its order. */
  readonly hash: string;
  readonly sent: number;
  /** Sends that were answered with an earlier message. */
  readonly deduplicated: number;
  readonly received: number;
  readonly deleted: number;
  /** Changes of visibility that were answered as made. */
  readonly hidden: number;
  /** How often another router came to own messages. */
  readonly takeovers: number;
  /** Leases that the next owner could not know. */
  readonly excused: number;
}

interface KnownReceipt {
  readonly id: string;
  readonly receives: number;
  readonly receipt: string;
}

const QUEUE = "orders.fifo";
const STEPS = 90;
const START_MS = 60_000;
/** All that is invisible or delayed is visible after so long, and all connections are back. */
const HEALING_MS = 10 * 60_000;
/** What crosses the network is there after 10 ms, and what a router does with it a step later. */
const DELETE_GRACE_MS = 30;
const INVISIBLE_MS = [0, 300, 1_500, 6_000, 30_000, 90_000];

/**
 * Runs one seed: three routers of which one at a time owns a FIFO queue, and clients that send, receive, delete and change visibility over
 * any of them, while routers die, stop and freeze, connections and channels are lost, clocks differ, and confirms are lost or late; then a
 * time without faults, in which everything is received that was not deleted.
 *
 * @throws Violation when a promise was broken.
 */
export async function simulateOwners(options: OwnerSimulationOptions): Promise<OwnerSimulationResult> {
  const { stackTraceLimit } = Error;
  if (options.print === undefined) Error.stackTraceLimit = 0;
  const simulation = new OwnerSimulation(options);
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

class OwnerSimulation {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #server: SimulatedRabbitMq;
  readonly #oracle: FifoOracle;
  readonly #places: HolderPlaces;
  readonly #hands: Hands;
  readonly #faults: OwnerFaults;
  readonly #isFaultless: boolean;
  readonly #receipts: KnownReceipt[] = [];
  readonly #sums = { sent: 0, deduplicated: 0, received: 0, deleted: 0, hidden: 0 };
  #violation: string | undefined;

  constructor({ seed, print }: OwnerSimulationOptions) {
    this.#seed = seed;
    const chance = (this.#chance = new Chance(seed));
    const scheduler = (this.#scheduler = new Scheduler(chance));
    const trace = (this.#trace = new Trace(() => scheduler.elapsedMs, print));
    const drawn = drawFaults(chance);
    this.#isFaultless = drawn.size === 0;
    const server = (this.#server = new SimulatedRabbitMq(chance.pick(["3.10", "4.3"]), scheduler, this.#witness()));
    const nowMs = (): number => scheduler.nowMs;
    const places = (this.#places = new HolderPlaces({ server, trace, queue: QUEUE, defect: {}, noticesFreezes: true }));
    const hands = (this.#hands = new Hands(places, nowMs));
    const faults = (this.#faults = new OwnerFaults(drawn, { server, trace, places, owner: () => hands.owner }));
    this.#oracle = new FifoOracle({
      nowMs,
      violate: (what) => this.violate(what),
      skewMs: drawn.has("clock") ? 2 * CLOCK_MS : 0,
      deleteGraceMs: this.#isFaultless ? 0 : DELETE_GRACE_MS,
      hearing: {
        ownerOf: (id) => hands.ownerOf(id),
        hasSameOwner: (id, sinceMs) => hands.hasSameOwner(id, sinceMs),
        hasHeardSince: (router, sinceMs) => hasHeardSince(router as SimulatedHolder, sinceMs, nowMs()),
        couldTell: (router, sinceMs) => faults.couldPublish(router as SimulatedHolder, sinceMs),
      },
    });
    trace.note(`RabbitMQ ${server.version}; faults: ${[...drawn].join(", ") || "none"}`);
  }

  violate(what: string): void {
    this.#violation ??= what;
  }

  async run(): Promise<OwnerSimulationResult> {
    await this.#pass(START_MS, () => this.#places.areUp);
    for (let step = 0; step < STEPS; step++) {
      this.#step();
      await this.#pass(this.#pauseMs(), () => false);
      this.#oracle.heard(this.#places.hearing);
    }
    await this.#heal();
    if (this.#isFaultless) this.#oracle.checkCounts();
    this.#places.end();
    await new Promise((resolve) => setImmediate(resolve));
    this.#check();
    const { excused } = this.#oracle;
    return { hash: this.#trace.hash, ...this.#sums, takeovers: this.#hands.takeovers, excused };
  }

  #check(): void {
    if (this.#violation !== undefined) throw new Violation(this.#violation, this.#seed, "--owners");
  }

  async #pass(boundMs: number, done: () => boolean): Promise<boolean> {
    const held = await this.#scheduler.run(() => this.#violation !== undefined || done(), boundMs);
    this.#check();
    return held;
  }

  /** Now and then long enough for what was sent to count no more. */
  #pauseMs(): number {
    if (this.#chance.happens(0.02)) return this.#chance.between(100_000, 330_000);
    return this.#chance.between(0, this.#chance.pick([5, 50, 50, 1_000, 6_000]));
  }

  #step(): void {
    const chance = this.#chance;
    if (chance.happens(0.14)) this.#injectInTheMidst();
    else if (chance.happens(0.3)) void this.#send();
    else if (chance.happens(0.55)) void this.#receive(chance.pick(INVISIBLE_MS));
    else if (chance.happens(0.6)) void this.#delete();
    else void this.#hide(chance.pick(INVISIBLE_MS));
  }

  /** A fault strikes while something is under way. */
  #injectInTheMidst(): void {
    const chance = this.#chance;
    const owner = this.#hands.owner;
    if (chance.happens(0.6)) void this.#receive(chance.pick(INVISIBLE_MS), 3, owner?.isUp ? owner : undefined);
    this.#scheduler.after(chance.between(0, 40), undefined, () => this.#faults.inject());
  }

  async #send(): Promise<void> {
    const router = this.#places.pickUp();
    if (router === undefined) return;
    const chance = this.#chance;
    const delayMs = chance.pick([0, 0, 0, 0, 0, 0, 0, 3_000]);
    const stories = Array.from({ length: chance.between(1, 4) }, () => {
      const number = (this.#sums.sent += 1);
      const key = chance.happens(0.3) ? `twice-${chance.between(1, 4)}` : `once-${number}`;
      return this.#oracle.sendBegins({ id: uuidOf(number), group: chance.pick(["g1", "g2", "g3"]), key, delayMs });
    });
    const messages = stories.map(({ id, group, key }) => ({
      queue: QUEUE,
      id,
      body: Buffer.from(id),
      headers: { "busbar-message-group-id": group, "busbar-deduplication-id": key },
    }));
    const accepted = await router
      .ask(({ fifo }) => fifo.send(messages, { delayMs }))
      .catch((error: unknown) => this.#failed(`a send at ${router.name}`, error));
    stories.forEach((story, at) => {
      const answer = accepted[at]?.id;
      this.#trace.note(`${router.name} takes ${story.id} of ${story.group} by ${story.key}: ${answer}`);
      if (answer === undefined) return;
      if (answer !== story.id) this.#sums.deduplicated += 1;
      this.#oracle.sendAnswered(story, answer);
    });
  }

  /** Now and then a long poll. */
  async #receive(
    invisibleMs: number,
    limit = this.#chance.between(1, 10),
    router = this.#places.pickUp(),
  ): Promise<readonly KnownReceipt[]> {
    if (router === undefined) return [];
    const isLong = this.#chance.happens(0.4);
    const waitMs = this.#chance.pick([200, 2_000, 10_000]);
    const options = { limit, bytesMax: 1_048_576, invisibleMs };
    let receive = this.#oracle.receiveBegins(invisibleMs);
    const held = await router
      .ask(async ({ fifo }) => {
        const first = await fifo.getMany(QUEUE, options);
        if (first?.length !== 0 || !isLong) return first;
        await fifo.bell(QUEUE, AbortSignal.timeout(waitMs));
        receive = this.#oracle.receiveBegins(invisibleMs);
        return await fifo.getMany(QUEUE, options);
      })
      .catch((error: unknown) => this.#failed(`a receive at ${router.name}`, error));
    const known = (held ?? []).map(({ message: { id }, receives, receipt }) => ({ id, receives, receipt }));
    for (const { id, receives } of known)
      this.#trace.note(`${router.name} hands out ${id} for ${invisibleMs} ms, receive ${receives}`);
    this.#oracle.received(receive, known);
    this.#receipts.push(...known);
    this.#sums.received += known.length;
    return known;
  }

  async #delete(known = this.#pickReceipt()): Promise<void> {
    await this.#change(known, undefined, async (router, { receipt }) => {
      const [outcome] = await router.ask(({ fifo }) => fifo.delete(QUEUE, [receipt]));
      if (outcome === "deleted") this.#sums.deleted += 1;
      return outcome;
    });
  }

  async #hide(invisibleMs: number, known = this.#pickReceipt()): Promise<void> {
    await this.#change(known, invisibleMs, async (router, { receipt }) => {
      const [outcome] = await router.ask(({ fifo }) => fifo.hide(QUEUE, [{ receipt, invisibleMs }]));
      if (outcome === "changed") this.#sums.hidden += 1;
      return outcome;
    });
  }

  async #change(
    known: KnownReceipt | undefined,
    invisibleMs: number | undefined,
    ask: (router: SimulatedHolder, known: KnownReceipt) => Promise<string | undefined>,
  ): Promise<void> {
    const router = this.#places.pickUp();
    if (router === undefined || known === undefined) return;
    const what = invisibleMs === undefined ? "delete" : `hide for ${invisibleMs} ms`;
    const change: Change = this.#oracle.changeBegins(router, known.id, known.receives, invisibleMs);
    this.#trace.note(`${router.name} is to ${what} ${known.id}, receive ${known.receives}`);
    const outcome = await ask(router, known).catch((error: unknown) => {
      this.#failed(`to ${what} at ${router.name}`, error);
      return undefined;
    });
    this.#trace.note(`${router.name} answers to ${what} ${known.id}, receive ${known.receives}: ${outcome}`);
    this.#oracle.changed(change, outcome);
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

  /** Faults stop, and everything is received that was not deleted. */
  async #heal(): Promise<void> {
    this.#faults.end();
    await this.#pass(START_MS, () => this.#places.areUp);
    const untilMs = this.#scheduler.elapsedMs + HEALING_MS;
    while (this.#oracle.left.length > 0 || this.#unsettled() > 0) {
      if (this.#scheduler.elapsedMs > untilMs) {
        const left = this.#oracle.left.map(({ id }) => id).join(", ");
        this.violate(`lost: ${left}; ${this.#server.unfinished(() => true).join("; ")}`);
      }
      let isAnswered = false;
      void this.#receive(5_000, 10).then(async (known) => {
        for (const each of known) await this.#delete(each);
        isAnswered = true;
      });
      await this.#pass(60_000, () => isAnswered);
      await this.#pass(500, () => false);
    }
  }

  #unsettled(): number {
    const queue = this.#server.queue(QUEUE);
    return (queue?.ready.length ?? 0) + (queue?.unacked.size ?? 0);
  }

  #witness(): Witness {
    return {
      declared: () => undefined,
      stored: ({ id, queue }) => {
        if (queue !== QUEUE) return;
        this.#trace.note(`stored ${id}`);
        this.#oracle.stored(id);
      },
      // What else a record has differs from run to run: sessions are random.
      logged: (_stream, body) => this.#trace.note(`logged ${/^\{"type":"([a-z]+)"/.exec(body.toString("utf8"))?.[1]}`),
      handedOut: (handOut) => {
        const { message } = handOut.stored;
        if (message.queue !== QUEUE) return;
        const router = this.#hands.handedOut(handOut);
        this.#trace.note(`${router?.name} has ${message.id} in hand`);
        if (router !== undefined) this.#oracle.handedOut(message.id, router);
      },
      acked: () => undefined,
      removed: ({ stored: { message } }) => {
        if (message.queue !== QUEUE) return;
        this.#hands.left(message.id);
        this.#trace.note(`removed ${message.id}`);
      },
      returned: ({ stored: { message } }) => {
        if (message.queue !== QUEUE) return;
        this.#hands.returned(message.id);
        this.#trace.note(`returned ${message.id}`);
      },
      doubted: () => undefined,
      destroyed: () => undefined,
    };
  }
}

function hasHeardSince(router: SimulatedHolder, sinceMs: number, nowMs: number): boolean {
  return router.listensSinceMs(nowMs) <= sinceMs && router.hears;
}

/** Ids that say nothing of their numbers are hard to read in a trace. */
function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}
