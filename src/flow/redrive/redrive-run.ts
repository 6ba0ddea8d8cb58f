import type { DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import type { DeadLetterFact, RoutedFact } from "../../domain/facts.ts";
import type { Message } from "../../domain/queue/message.ts";
import type {
  Redriven,
  RedriveOptions,
  RedriveProgress,
  RunControl,
  Unredrivable,
  UnredrivableReason,
} from "../../ports/dead-letters.ts";
import type { QueueBrowser, QueueCounts } from "../../ports/inspector.ts";
import type { RouterObserver } from "../../ports/observer.ts";
import type { Publisher } from "../../ports/publisher.ts";
import { PublishError } from "../../ports/publisher.ts";
import { store } from "../store/store.ts";
import { Pace } from "./pace.ts";
import type { Selected, Visit } from "./pass.ts";
import { passRemoving, problemOf } from "./pass.ts";
import type { Readdress } from "./readdress.ts";

/** How many messages that cannot be redriven are named one by one. */
const EXAMPLES_MAX = 20;

export interface RedriveRunOptions {
  readonly broker: Publisher & QueueBrowser & QueueCounts;
  readonly readdress: Readdress;
  readonly observer: Pick<RouterObserver, "redriven">;
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A dead letter with what it becomes. */
interface Move extends Selected {
  readonly messages: readonly Message[];
  readonly deadLetters: readonly DeadLetterFact[];
  readonly routed: readonly RoutedFact[];
}

/**
 * One redrive of the selected dead letters of a queue. Each is stored where it goes, and confirmed there, before it is
 * removed from its queue: an interruption at any moment loses none, and at worst redrives some twice. What fails again
 * during the run is not selected again.
 */
export class RedriveRun {
  readonly #options: RedriveRunOptions;
  readonly #queue: string;
  readonly #filter: DeadLetterFilter;
  readonly #what: RedriveOptions;
  readonly #control: RunControl<RedriveProgress>;
  /** Made with the first message to go: the time before it is not made up for. */
  #pace: Pace | undefined;
  #redriven = 0;
  #unredrivable: Partial<Record<UnredrivableReason, number>> = {};
  #examples: Unredrivable[] = [];

  constructor(
    queue: string,
    filter: DeadLetterFilter,
    what: RedriveOptions,
    control: RunControl<RedriveProgress>,
    options: RedriveRunOptions,
  ) {
    this.#queue = queue;
    this.#filter = filter;
    this.#what = what;
    this.#control = control;
    this.#options = options;
  }

  /** Redrives until its end. Never rejects: a failure is an end of its own. */
  async run(): Promise<Redriven> {
    const startedAtMs = this.#options.nowMs();
    const filter = { ...this.#filter, notRedrivenSinceMs: this.#filter.notRedrivenSinceMs ?? startedAtMs };
    const { signal } = this.#control;
    const passed = await passRemoving(this.#queue, filter, this.#options, () => this.#visitAnew(), signal);
    return {
      redriven: this.#redriven,
      unredrivable: this.#unredrivable,
      examples: this.#examples,
      startedAtMs,
      looked: passed.looked,
      end: passed.end,
      ...problemOf(passed),
    };
  }

  /** A browse that begins anew meets again what cannot be redriven. */
  #visitAnew(): Visit {
    this.#unredrivable = {};
    this.#examples = [];
    return (selected, looked) => this.#visit(selected, looked);
  }

  async #visit(selected: readonly Selected[], looked: number): Promise<"limit" | undefined> {
    const { limit = Infinity } = this.#what;
    let rest = await this.#movesOf(selected);
    this.#report(looked);
    while (rest.length > 0) {
      this.#control.signal.throwIfAborted();
      const left = limit - this.#redriven;
      if (left <= 0) return "limit";
      const group = rest.slice(0, Math.min(left, await this.#due()));
      rest = rest.slice(group.length);
      await this.#move(group);
      this.#report(looked);
    }
    return undefined;
  }

  #report(looked: number): void {
    this.#control.reached({ looked, redriven: this.#redriven, unredrivable: this.#unredrivable });
  }

  async #movesOf(selected: readonly Selected[]): Promise<readonly Move[]> {
    const moves: Move[] = [];
    for (const one of selected) {
      const readdressed = await this.#options.readdress(one.message, one.letter, this.#what.to);
      if (readdressed.ok) moves.push({ ...one, ...readdressed });
      else this.#leave({ id: one.letter.id, reason: readdressed.reason, message: readdressed.message });
    }
    return moves;
  }

  #leave(letter: Unredrivable): void {
    this.#unredrivable[letter.reason] = (this.#unredrivable[letter.reason] ?? 0) + 1;
    if (this.#examples.length < EXAMPLES_MAX) this.#examples.push(letter);
  }

  /** How many may go now. Waits until it is one at least. */
  async #due(): Promise<number> {
    const pace = (this.#pace ??= new Pace(this.#what.ratePerSecond, this.#options.steadyMs));
    while (pace.due < 1) await this.#options.sleep(pace.waitMs, this.#control.signal);
    return pace.due;
  }

  /** Stores them all, then removes those whose every message is confirmed. Throws unless that is all of them. */
  async #move(moves: readonly Move[]): Promise<void> {
    this.#pace?.went(moves.length);
    const atMs = this.#options.nowMs();
    const failure = await this.#store(moves.flatMap((one) => one.messages));
    const owners = moves.flatMap((one) => one.messages.map(() => one));
    const unconfirmed = new Set(failure?.failures.map(({ index }) => owners[index]));
    const confirmed = moves.filter((one) => !unconfirmed.has(one));
    await Promise.all(confirmed.map((one) => one.remove()));
    this.#redriven += confirmed.length;
    this.#options.observer.redriven({
      atMs,
      queue: this.#queue,
      to: this.#what.to,
      count: confirmed.length,
      deliveryIds: confirmed.map((one) => one.letter.id),
      deadLetters: confirmed.flatMap((one) => one.deadLetters),
      routed: confirmed.flatMap((one) => one.routed),
    });
    if (failure !== undefined) throw failure;
  }

  async #store(messages: readonly Message[]): Promise<PublishError | undefined> {
    try {
      await store(messages, this.#options.broker);
      return undefined;
    } catch (error) {
      if (error instanceof PublishError) return error;
      throw error;
    }
  }
}
