import type { DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import type { DeadLetterFact, RoutedFact } from "../../domain/facts.ts";
import type { Message } from "../../domain/queue/message.ts";
import type { Unredrivable, UnredrivableReason } from "../../domain/failure/unredrivable.ts";
import { JOB_EXAMPLES_MAX } from "../../domain/job/job.ts";
import type { Redriven, RedriveOptions, RedriveProgress, RunControl } from "../../ports/admin/dead-letters.ts";
import type { QueueBrowser, QueueCounts } from "../../ports/broker/inspector.ts";
import type { RouterObserver } from "../../ports/observer.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import type { PassProgress, Selected, Visit } from "./pass.ts";
import { Paced } from "./paced.ts";
import { lettersToRemove, passRemoving, problemOf } from "./pass.ts";
import { storeThenRemove } from "./store-then-remove.ts";
import type { Readdress } from "./readdress.ts";

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
  readonly #paced: Paced;
  #redriven = 0;
  #unredrivable: Partial<Record<UnredrivableReason, number>> = {};
  #examples: Unredrivable[] = [];
  readonly #firstIds: string[] = [];

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
    this.#paced = new Paced(() => what.ratePerSecond, control.signal, options);
  }

  /** Redrives until its end. Never rejects: a failure is an end of its own. */
  async run(): Promise<Redriven> {
    const startedAtMs = this.#options.nowMs();
    const filter = { ...this.#filter, notRedrivenSinceMs: this.#filter.notRedrivenSinceMs ?? startedAtMs };
    const { signal } = this.#control;
    const letters = lettersToRemove(filter, this.#options.nowMs);
    const passed = await passRemoving(this.#queue, letters, this.#options, () => this.#visitAnew(), signal);
    return { ...this.#progressAt(passed), startedAtMs, end: passed.end, ...problemOf(passed) };
  }

  /** A browse that begins anew meets again what cannot be redriven. */
  #visitAnew(): Visit {
    this.#unredrivable = {};
    this.#examples = [];
    return (selected, passed) => this.#visit(selected, passed);
  }

  async #visit(selected: readonly Selected[], passed: PassProgress): Promise<"limit" | undefined> {
    const { limit = Infinity } = this.#what;
    let rest = await this.#movesOf(selected);
    this.#report(passed);
    while (rest.length > 0) {
      this.#control.signal.throwIfAborted();
      const left = limit - this.#redriven;
      if (left <= 0) return "limit";
      const group = rest.slice(0, Math.min(left, await this.#paced.due()));
      rest = rest.slice(group.length);
      await this.#move(group);
      this.#report(passed);
    }
    return undefined;
  }

  #report(passed: PassProgress): void {
    this.#control.reached(this.#progressAt(passed));
  }

  #progressAt({ looked, left }: PassProgress): RedriveProgress {
    return {
      looked,
      left,
      redriven: this.#redriven,
      unredrivable: this.#unredrivable,
      examples: this.#examples,
      firstIds: this.#firstIds,
    };
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
    if (this.#examples.length < JOB_EXAMPLES_MAX) this.#examples.push(letter);
  }

  /** Stores them all, then removes those whose every message is confirmed. Throws unless that is all of them. */
  async #move(moves: readonly Move[]): Promise<void> {
    this.#paced.went(moves.length);
    const atMs = this.#options.nowMs();
    const { confirmed, failure } = await storeThenRemove(moves, this.#options.broker);
    this.#redriven += confirmed.length;
    const idsLeft = JOB_EXAMPLES_MAX - this.#firstIds.length;
    this.#firstIds.push(...confirmed.slice(0, idsLeft).map(({ letter }) => letter.id));
    this.#options.observer.redriven({
      jobId: this.#control.jobId,
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
}
