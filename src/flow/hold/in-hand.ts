import type { AnswerSink } from "../../ports/functions/functions.ts";
import { waitFor } from "../../async/time-limit.ts";

/** `answered`: somebody has answered it before, so this is a repetition. `unknown`: nothing with this id is in hand. */
export type AnswerVerdict = "taken" | "answered" | "unknown";

/** Something that is in somebody's hands, for the one who gave it. */
export interface Held<Answer> {
  /** The deadline, by the router's clock. */
  readonly endsAtMs: number;
  /**
   * Resolves with the answer, or with undefined at the deadline. Rejects with the signal's reason when that fires. In
   * both of these cases it is no longer in hand, and `onGiveUp` is called in the same turn.
   */
  answer(signal: AbortSignal, onGiveUp: () => void): Promise<Answer | undefined>;
  /** Ends it with an answer that is not from the one who has it. */
  end(answer: Answer): void;
}

/** Something that is in somebody's hands, for the one who answers it. */
export interface Awaited<Answer> {
  readonly remainingMs: number;
  /** Takes an answer while it is written. */
  readonly sink: AnswerSink | undefined;
  /** Fires when no answer to this id is awaited any more. */
  readonly ended: AbortSignal;
  settle(answer: Answer): AnswerVerdict;
}

interface Entry<Answer> {
  readonly scope: string;
  readonly id: string;
  readonly endsAtMs: number;
  readonly sink: AnswerSink | undefined;
  readonly ended: AbortController;
  readonly resolve: (answer: Answer) => void;
}

/** How many ids of what was answered are remembered. They distinguish a repeated answer from a late one. */
const ANSWERED_MAX = 1_000;

/**
 * What others were given and have not answered, by id, such as the invocations in the hands of a function's environments.
 * Each has a scope, such as the function: an answer from another scope finds nothing.
 *
 * One id may be in hand several times, since the broker may deliver a message twice, and an attempt may be given out while
 * an earlier one is still worked on. Nothing in an answer says which of them it is for, so it settles the oldest.
 */
export class InHand<Answer> {
  readonly #nowMs: () => number;
  /** By id, oldest first. */
  readonly #held = new Map<string, readonly Entry<Answer>[]>();
  readonly #answered = new Set<string>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How many ids are in hand. */
  get size(): number {
    return this.#held.size;
  }

  /** Takes something in hand until `timeoutMs` from now. */
  hold(scope: string, id: string, timeoutMs: number, sink?: AnswerSink): Held<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const others = this.#held.get(id) ?? [];
    // All that have one id share a signal: an answer that is being read may be for any of them.
    const ended = others[0]?.ended ?? new AbortController();
    const held: Entry<Answer> = { scope, id, endsAtMs: this.#nowMs() + timeoutMs, sink, ended, resolve };
    this.#held.set(id, [...others, held]);
    return {
      endsAtMs: held.endsAtMs,
      answer: (signal, onGiveUp) =>
        waitFor(promise, timeoutMs, {
          signal,
          onGiveUp: () => {
            this.#letGo(held);
            onGiveUp();
          },
        }),
      end: (answer) => {
        this.#letGo(held);
        resolve(answer);
      },
    };
  }

  /** What waits for an answer, or why nothing does. */
  find(scope: string, id: string): Awaited<Answer> | Exclude<AnswerVerdict, "taken"> {
    const held = this.#oldest(scope, id);
    if (held === undefined) return this.#whyNone(id);
    return {
      remainingMs: held.endsAtMs - this.#nowMs(),
      sink: held.sink,
      ended: held.ended.signal,
      settle: (answer) => this.#settle(scope, id, answer),
    };
  }

  /** Ends everything in hand: nobody is left to answer it. */
  endAll(answerOf: (id: string) => Answer): void {
    for (const held of [...this.#held.values()].flat()) {
      this.#letGo(held);
      held.resolve(answerOf(held.id));
    }
  }

  /** Searches again: what was found may have been settled since, and another one with this id be in hand. */
  #settle(scope: string, id: string, answer: Answer): AnswerVerdict {
    const held = this.#oldest(scope, id);
    if (held === undefined) return this.#whyNone(id);
    this.#letGo(held);
    this.#remember(id);
    held.resolve(answer);
    return "taken";
  }

  #oldest(scope: string, id: string): Entry<Answer> | undefined {
    return this.#held.get(id)?.find((held) => held.scope === scope);
  }

  #whyNone(id: string): "answered" | "unknown" {
    return this.#answered.has(id) ? "answered" : "unknown";
  }

  #letGo(held: Entry<Answer>): void {
    const { id } = held;
    const others = this.#held.get(id)?.filter((other) => other !== held) ?? [];
    if (others.length > 0) return void this.#held.set(id, others);
    this.#held.delete(id);
    held.ended.abort();
  }

  #remember(id: string): void {
    this.#answered.delete(id);
    this.#answered.add(id);
    const [oldest] = this.#answered;
    if (this.#answered.size > ANSWERED_MAX && oldest !== undefined) this.#answered.delete(oldest);
  }
}
