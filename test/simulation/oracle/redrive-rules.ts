import type { Message } from "../../../src/domain/queue/message.ts";
import type { Redriven } from "../../../src/ports/admin/dead-letters.ts";
import type { Life } from "../life.ts";
import type { HandOut } from "../rabbitmq/queue.ts";
import type { Expected, Variant } from "../scenario.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Ledger, Sign } from "./ledger.ts";
import { eventIdOf, isForPeople, originOf, redrivenOf, storyKey } from "./ledger.ts";
import type { Redrive, RedriveRun } from "./redrive.ts";
import { heldIn } from "./pack.ts";
import { comesOf, isSelected, lettersOf, nextKey, reachedKey } from "./redrive.ts";
import { resultProblems } from "./redrive-result.ts";

export interface RedriveRulesOptions {
  readonly scheduler: Scheduler;
  readonly ledger: Ledger;
  readonly expectedOf: (variant: Variant, bus: string, type: string) => readonly Expected[];
  /** Whether no fault happens that a redrive could fail for. */
  readonly faultless: boolean;
  readonly violate: (what: string) => void;
}

/** docs/dead-letters.md, "What a redrive does": what may be caught up with. */
const BEHIND_SECONDS = 2;

/** What must hold of redrives, and of what is in the queues that people read (docs/dead-letters.md). */
export class RedriveRules {
  readonly all: Redrive[] = [];
  readonly #options: RedriveRulesOptions;
  readonly #holders = new WeakMap<HandOut, Redrive>();
  /** What redrives have had stored: by `storyKey`, and by `reachedKey`. */
  readonly #stored = new Set<string>();
  constructor(options: RedriveRulesOptions) {
    this.#options = options;
  }

  /** Those that living routers have not ended. */
  get running(): readonly Redrive[] {
    return this.all.filter(({ life, result }) => life.alive && result === undefined);
  }

  begin(run: RedriveRun): Redrive {
    const { scheduler } = this.#options;
    const { life, order } = run;
    const others = this.running.filter((other) => other.order.queue === order.queue);
    for (const other of others) other.isShared = true;
    const redrive: Redrive = {
      ...run,
      startedAtMs: scheduler.nowMs,
      startedByClockMs: life.nowMs,
      clockAheadMs: life.clockAheadMs,
      met: new Map(),
      removed: new Set(),
      staying: new Set(),
      stayed: new Map(),
      sent: new Map(),
      sentAtMs: [],
      givenBackSent: 0,
      isShared: others.length > 0,
      leftAtMs: undefined,
      result: undefined,
    };
    this.all.push(redrive);
    return redrive;
  }

  /** It was handed a message out. */
  met(redrive: Redrive, handOut: HandOut): void {
    if (redrive.met.has(handOut)) return;
    redrive.met.set(handOut, heldIn(handOut.stored.message));
    this.#holders.set(handOut, redrive);
  }

  /** Its caller goes away. */
  left(redrive: Redrive): void {
    redrive.leftAtMs ??= this.#options.scheduler.nowMs;
  }

  /** A router stops: its redrives begin nothing more, as when their callers have gone. */
  stopping(life: Life): void {
    for (const redrive of this.running) if (redrive.life === life) this.left(redrive);
  }

  /** It publishes: each message is what one of its dead letters becomes, and the first attempt of it. */
  sends(redrive: Redrive, messages: readonly Message[]): void {
    for (const message of messages) {
      const key = storyKey(message);
      const letters = lettersOf(redrive).filter((letter) => comesOf(message, letter, redrive.order.to));
      const problem = this.#problemOf(redrive, message, letters);
      if (problem !== undefined) this.#options.violate(`a redrive of ${redrive.order.queue} sends ${key}, ${problem}`);
      // What was returned for want of a queue is sent once more.
      if (!redrive.sent.has(key)) this.#checkPace(redrive, message);
      redrive.sent.set(key, message);
    }
  }

  /** It publishes, or the broker that opens packs does for it: what it keeps in its queue. */
  publishes(redrive: Redrive, messages: readonly Message[]): void {
    for (const message of messages) if (message.queue === redrive.order.queue) redrive.staying.add(storyKey(message));
  }

  stored(message: Message): void {
    const key = storyKey(message);
    for (const { order, staying, stayed } of this.all)
      if (order.queue === message.queue && staying.has(key)) stayed.set(key, (stayed.get(key) ?? 0) + 1);
    const redriven = redrivenOf(message);
    if (redriven === 0) return;
    this.#stored.add(key);
    const origin = originOf(message);
    if (origin !== undefined) this.#stored.add(reachedKey(eventIdOf(message), redriven, origin));
  }

  /**
   * Nobody takes anything out of a queue that people read but a redrive, what it selects, once that is stored. Of a pack
   * it takes what it selects, and leaves the others in the queue alone.
   */
  removed(handOut: HandOut): void {
    const { queue, stored } = handOut;
    if (!isForPeople(queue.name)) return;
    const redrive = this.#holders.get(handOut);
    const held = redrive?.met.get(handOut) ?? heldIn(stored.message);
    for (const letter of held) {
      if (redrive === undefined) {
        this.#options.violate(`${storyKey(letter)} is taken out of ${queue.name} by nobody who redrives it`);
      } else if (held.length > 1 && takesOne(redrive.stayed, storyKey(letter))) {
        this.#left(redrive, letter, handOut);
      } else {
        this.#taken(redrive, letter);
      }
    }
  }

  #taken(redrive: Redrive, letter: Message): void {
    const { order, removed, startedByClockMs } = redrive;
    const { violate } = this.#options;
    const what = `${storyKey(letter)} is taken out of ${order.queue}`;
    removed.add(letter);
    if (!isSelected(order, letter)) violate(`${what} and was not selected`);
    if (removed.size > (order.limit ?? Infinity)) violate(`${what} beyond the limit of ${order.limit}`);
    const firstAtMs = Number(letter.headers["busbar-first-at"]);
    if (redrivenOf(letter) > 0 && firstAtMs >= startedByClockMs)
      violate(`${what} by the redrive that it has failed in, or one before that`);
    if (!this.#isStored(redrive, letter)) violate(`${what} before what it becomes is stored`);
  }

  /** It goes back. */
  returned(handOut: HandOut): void {
    const redrive = this.#holders.get(handOut);
    for (const letter of redrive?.met.get(handOut) ?? []) {
      // A member that was stored alone before is there twice.
      redrive?.stayed.delete(storyKey(letter));
      if (redrive !== undefined) this.#left(redrive, letter, handOut);
    }
  }

  /** What stays in the queue although what it becomes was sent will be redriven twice. */
  #left(redrive: Redrive, letter: Message, { orphanedBy }: HandOut): void {
    const { sent, order } = redrive;
    const ofLetter = [...sent.values()].filter((one) => comesOf(one, letter, order.to));
    for (const one of ofLetter) this.#options.ledger.doubted(one);
    // On a bus nothing says which of an event's dead letters a message comes of.
    const others = lettersOf(redrive).filter((other) => ofLetter.some((one) => comesOf(one, other, order.to)));
    if (others.length === 1 && orphanedBy === undefined) redrive.givenBackSent += 1;
  }

  /** It has ended by itself. */
  ended(redrive: Redrive, result: Redriven): void {
    redrive.result = result;
    const { scheduler, faultless, expectedOf } = this.#options;
    for (const problem of resultProblems(redrive, result, { nowMs: scheduler.nowMs, faultless, expectedOf }))
      this.#options.violate(`a redrive of ${redrive.order.queue} ${problem}`);
  }

  #problemOf(redrive: Redrive, message: Message, letters: readonly Message[]): string | undefined {
    const { leftAtMs, sent, order, life } = redrive;
    const { headers } = message;
    if (leftAtMs !== undefined && this.#options.scheduler.nowMs > leftAtMs && !sent.has(storyKey(message)))
      return "although its caller has gone or its router stops";
    const own = letters.filter((letter) => order.to === "bus" || isSameTarget(message, letter));
    if (own.length === 0) return "which is not what one of its dead letters becomes";
    if (!own.some((letter) => hasItsPast(message, letter)))
      return "which has not the event and the time of acceptance that its dead letter has";
    if (headers["busbar-destination"] === undefined) return undefined;
    if (headers["busbar-attempt"] !== 1 || headers["busbar-counted-retries"] !== undefined)
      return "which is not its first attempt";
    const firstAtMs = Number(headers["busbar-first-at"]);
    const isSteady = life.clockAheadMs === redrive.clockAheadMs;
    if (isSteady && (firstAtMs < redrive.startedByClockMs || firstAtMs > life.nowMs))
      return `whose age counts from ${firstAtMs} and not from the redrive`;
    return undefined;
  }

  /** The pace counts dead letters: on a bus one becomes any number of messages. */
  #checkPace({ order, sentAtMs }: Redrive, { id }: Message): void {
    const { ratePerSecond, to } = order;
    if (ratePerSecond === undefined || to === "bus") return;
    const { nowMs } = this.#options.scheduler;
    sentAtMs.push(nowMs);
    sentAtMs.forEach((atMs, index) => {
      const count = sentAtMs.length - index;
      const due = ratePerSecond * ((nowMs - atMs) / 1_000 + BEHIND_SECONDS) + 1;
      if (count > due) this.#options.violate(`a redrive at ${ratePerSecond}/s sends ${id} and others too fast`);
    });
  }

  #isStored({ order, variants }: Redrive, letter: Message): boolean {
    if (order.to === "target") return this.#stored.has(nextKey(letter));
    return variants().some((variant) => {
      const expected = this.#expected(variant, letter);
      const redriven = redrivenOf(letter) + 1;
      const reached = expected.filter((one) => this.#stored.has(reachedKey(eventIdOf(letter), redriven, one)));
      return expected.length > 0 && reached.length === expected.length;
    });
  }

  #expected(variant: Variant, { headers, body }: Message): readonly Expected[] {
    const type = /"detail-type":"([^"]*)"/.exec(body.toString())?.[1] ?? "";
    return this.#options.expectedOf(variant, String(headers["busbar-bus"]), type);
  }
}

/** Takes one off the count of a key. @returns false when none is left. */
function takesOne(counts: Map<string, number>, key: string): boolean {
  const count = counts.get(key) ?? 0;
  if (count > 0) counts.set(key, count - 1);
  return count > 0;
}

/** Docs: "delivers each to the one target that it was for, and to no other". */
function isSameTarget(message: Sign, letter: Sign): boolean {
  const same = (name: string): boolean =>
    letter.headers[name] === undefined || letter.headers[name] === message.headers[name];
  return ["busbar-destination", "busbar-bus", "busbar-rule", "busbar-target"].every(same);
}

/** Docs: the event's id and the time of its acceptance stay. */
function hasItsPast({ headers }: Sign, { headers: before }: Sign): boolean {
  const acceptedAtMs = before["busbar-accepted-at"] ?? before["busbar-first-at"];
  return headers["busbar-event-id"] === before["busbar-event-id"] && headers["busbar-accepted-at"] === acceptedAtMs;
}
