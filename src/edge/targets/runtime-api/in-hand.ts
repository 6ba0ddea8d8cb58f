import type { Outcome } from "../../../core/outcome.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import { judgeEnvironmentAnswer } from "./environment-answer.ts";

/** `answered`: the invocation was answered before, so this is a repetition. `unknown`: no such invocation is in hand. */
export type AnswerVerdict = "taken" | "answered" | "unknown";

type Settle = (outcome: Outcome | "gone") => void;

interface Held {
  readonly functionName: string;
  readonly id: string;
  readonly settle: Settle;
}

/** As many ids of answered invocations are remembered, to tell a repeated answer from a late one. */
const ANSWERED_MAX = 1_000;

/**
 * The invocations that environments have been given and have not answered.
 *
 * An id is that of a delivery and the same on every attempt, as on Lambda, and nothing else in an answer tells
 * which attempt it is for: its connection does not, since a load balancer may change it. So when an environment
 * overran its deadline and its late answer comes while a retry of the same delivery is in hand, the answer is
 * taken for the retry's. It is an answer to the same event, and the retry's own answer is refused then.
 */
export class InvocationsInHand {
  /** By id, oldest first: the broker may hand a delivery out twice, and then two environments answer with one id. */
  readonly #held = new Map<string, readonly Held[]>();
  readonly #answered = new Set<string>();

  get size(): number {
    return this.#held.size;
  }

  /** Takes an invocation in hand. The returned function lets go of it, with no outcome. */
  hold(functionName: string, id: string, settle: Settle): () => void {
    const held = { functionName, id, settle };
    this.#held.set(id, [...(this.#held.get(id) ?? []), held]);
    return () => this.#letGo(held);
  }

  /** Settles what an answer is for. An answer from another function's environment is for nothing here. */
  settle(answer: EnvironmentAnswer): AnswerVerdict {
    const held = this.#held.get(answer.id)?.find(({ functionName }) => functionName === answer.functionName);
    if (held === undefined) return this.#answered.has(answer.id) ? "answered" : "unknown";
    this.#letGo(held);
    this.#remember(answer.id);
    held.settle(judgeEnvironmentAnswer(answer));
    return "taken";
  }

  /** Settles everything in hand: nobody is left to answer it. */
  failAll(failureOf: (id: string) => Outcome): void {
    for (const held of [...this.#held.values()].flat()) {
      this.#letGo(held);
      held.settle(failureOf(held.id));
    }
  }

  #letGo(held: Held): void {
    const others = this.#held.get(held.id)?.filter((other) => other !== held) ?? [];
    if (others.length > 0) this.#held.set(held.id, others);
    else this.#held.delete(held.id);
  }

  #remember(id: string): void {
    this.#answered.delete(id);
    this.#answered.add(id);
    const [oldest] = this.#answered;
    if (this.#answered.size > ANSWERED_MAX && oldest !== undefined) this.#answered.delete(oldest);
  }
}
