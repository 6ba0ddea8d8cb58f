import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../test/contract/waiting.ts";
import { delivered } from "../configuration.ts";
import type { FunctionCall } from "../functions.ts";
import type { Stage } from "../stage.ts";
import type { CallOrder, SeenCall } from "./call-order.ts";
import { judgeOrder } from "./call-order.ts";
import { impatient } from "./impatient.ts";

export const KEYED_SOURCE = "keyed";
const KEYS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
/** The key of an event that fails until it is mended. */
const STUCK = { key: "stuck", number: 3 };
const PUT_EVERY_MS = 250;
const PUT_AGAIN_MS = 100;
/** How many events of a key wait at most. */
const AHEAD_MAX = 12;
const CALL_MS = 30;
/** One event of so many fails at its first call. */
const FAILS_EVERY = 15;
/** Beyond the longest time in which a queue has no owner. */
const FLOWING_MS_MAX = 120_000;

interface KeyedCall extends SeenCall {
  readonly eventId: string;
}

/** Events of some keys for a function that keeps their order, put one after the other, and how the function was called. */
export class KeyedTraffic {
  readonly #stage: Stage;
  readonly #function: string;
  readonly #calls: KeyedCall[] = [];
  readonly #accepted = new Set<string>();
  /** How often each event was called for. */
  readonly #times = new Map<string, number>();
  /** How many events of each key were done at least, in order. */
  readonly #done = new Map<string, number>();
  readonly #putting: Promise<unknown>;
  /** Calls that succeeded for an event for the first time. */
  readonly #fresh: SeenCall[] = [];
  #stuckCalls = 0;
  #isMended = false;
  #isOver = false;

  private constructor(stage: Stage, name: string) {
    this.#stage = stage;
    this.#function = name;
    stage.functions.before((call, response) => this.#answer(call, response));
    stage.ledger.expect(this.#accepted, new Map([[name, delivered(`function/${name}`)]]));
    this.#putting = Promise.all([...KEYS, STUCK.key].map((key, at) => this.#putKey(key, at)));
  }

  /** @param name of the function that gets the events of `KEYED_SOURCE`. */
  static start(stage: Stage, name: string): KeyedTraffic {
    return new KeyedTraffic(stage, name);
  }

  /** How often the event was called for that blocks its key. */
  get stuckCalls(): number {
    return this.#stuckCalls;
  }

  /** Resolves when so many more events are done. */
  async flows(count: number): Promise<void> {
    const before = this.#fresh.length;
    await eventually(`${count} more events are done`, () => this.#fresh.length >= before + count, FLOWING_MS_MAX);
  }

  /** Resolves when an event is done for the first time that was called for after that time. @returns how long after, in seconds */
  async goesOn(sinceMs: number): Promise<number> {
    let first: SeenCall | undefined;
    const isThere = (): boolean => (first = this.#fresh.find(({ beganAtMs }) => beganAtMs > sinceMs)) !== undefined;
    await eventually("events are done", isThere, FLOWING_MS_MAX);
    return ((first?.beganAtMs ?? Infinity) - sinceMs) / 1_000;
  }

  /** What blocks its key succeeds, and nothing more is put. */
  async end(): Promise<void> {
    this.#isMended = true;
    this.#isOver = true;
    await this.#putting;
  }

  /** To be called when all has ended. */
  judge(faultsAtMs: readonly number[]): CallOrder {
    // Nobody was promised what a frozen router has taken after its caller had given it up: it has no place in the order.
    const promised = this.#calls.filter(({ eventId }) => this.#accepted.has(eventId));
    return judgeOrder(promised, faultsAtMs);
  }

  async #putKey(key: string, at: number): Promise<void> {
    for (let number = 0; !this.#isOver; number++) {
      while (this.#isAhead(key, number)) await sleep(PUT_AGAIN_MS);
      await this.#put(key, number, at);
      await sleep(PUT_EVERY_MS);
    }
  }

  #isAhead(key: string, number: number): boolean {
    return !this.#isOver && number >= this.#doneOf(key) + AHEAD_MAX;
  }

  /** Puts an event to one router after the other until one accepts it, or the end. */
  async #put(key: string, number: number, from: number): Promise<void> {
    const routers = this.#stage.routers.map(impatient);
    for (let at = from + number; !this.#isOver; at++) {
      const entries = [{ source: KEYED_SOURCE, detail: { key, number } }];
      const answer = await routers[at % routers.length]?.put(entries).catch(() => undefined);
      const ids = (answer?.eventIds ?? []).filter((id) => id !== undefined);
      for (const id of ids) this.#accepted.add(id);
      this.#stage.alsoAccepted(ids);
      if (ids.length > 0) return;
      await sleep(PUT_AGAIN_MS);
    }
  }

  /** @returns whether the call is to be answered with a success. */
  async #answer({ name, eventId, detail }: FunctionCall, response: ServerResponse): Promise<boolean> {
    if (name !== this.#function) return true;
    const { key, number } = detail as { readonly key: string; readonly number: number };
    const call = {
      places: [{ key, number }],
      eventId,
      beganAtMs: performance.now(),
      endedAtMs: Infinity,
      succeeded: 0,
    };
    this.#calls.push(call);
    const before = this.#times.get(eventId) ?? 0;
    this.#times.set(eventId, before + 1);
    await sleep(CALL_MS);
    call.endedAtMs = performance.now();
    if (this.#fails(key, number, before)) {
      response.writeHead(500, { "content-type": "application/json" }).end("{}");
      return false;
    }
    call.succeeded = 1;
    if (number === this.#doneOf(key)) {
      this.#done.set(key, number + 1);
      this.#fresh.push(call);
    }
    return true;
  }

  #fails(key: string, number: number, before: number): boolean {
    if (key !== STUCK.key || number !== STUCK.number) return number % FAILS_EVERY === 7 && before === 0;
    this.#stuckCalls += 1;
    return !this.#isMended;
  }

  #doneOf(key: string): number {
    return this.#done.get(key) ?? 0;
  }
}
