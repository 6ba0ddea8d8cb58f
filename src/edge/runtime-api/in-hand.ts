import type { Outcome } from "../../domain/failure/outcome.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import { judgeEnvironmentAnswer } from "./environment-answer.ts";

/** `answered`: the invocation was answered before, so this is a repetition. `unknown`: no such invocation is in hand. */
export type AnswerVerdict = "taken" | "answered" | "unknown";

type Settle = (outcome: Outcome | "gone") => void;

/** An invocation as it is taken in hand. */
export interface HeldInvocation {
  readonly functionName: string;
  readonly id: string;
  /** By the router's clock. */
  readonly endsAtMs: number;
  readonly settle: Settle;
}

/** An invocation that waits for an answer. */
export interface AwaitedAnswer {
  /** By the router's clock. */
  readonly endsAtMs: number;
  /** Fires when no answer is awaited any more. */
  readonly ended: AbortSignal;
}

interface Holding {
  readonly invocation: HeldInvocation;
  readonly ended: AbortController;
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
  readonly #held = new Map<string, readonly Holding[]>();
  readonly #answered = new Set<string>();

  get size(): number {
    return this.#held.size;
  }

  /** Takes an invocation in hand. The returned function lets go of it, with no outcome. */
  hold(invocation: HeldInvocation): () => void {
    const { id } = invocation;
    const others = this.#held.get(id) ?? [];
    // All that have one id share a signal: an answer that is being read may be for any of them.
    const holding = { invocation, ended: others[0]?.ended ?? new AbortController() };
    this.#held.set(id, [...others, holding]);
    return () => this.#letGo(holding);
  }

  /** Who waits for an answer, or why nobody does. */
  awaited(functionName: string, id: string): AwaitedAnswer | "answered" | "unknown" {
    const found = this.#find(functionName, id);
    if (found === undefined) return this.#answered.has(id) ? "answered" : "unknown";
    return { endsAtMs: found.invocation.endsAtMs, ended: found.ended.signal };
  }

  /** Settles what an answer is for. An answer from another function's environment is for nothing here. */
  settle(answer: EnvironmentAnswer): AnswerVerdict {
    const found = this.#find(answer.functionName, answer.id);
    if (found === undefined) return this.#answered.has(answer.id) ? "answered" : "unknown";
    this.#letGo(found);
    this.#remember(answer.id);
    found.invocation.settle(judgeEnvironmentAnswer(answer));
    return "taken";
  }

  /** Settles everything in hand: nobody is left to answer it. */
  failAll(failureOf: (id: string) => Outcome): void {
    for (const holding of [...this.#held.values()].flat()) {
      this.#letGo(holding);
      holding.invocation.settle(failureOf(holding.invocation.id));
    }
  }

  #find(functionName: string, id: string): Holding | undefined {
    return this.#held.get(id)?.find(({ invocation }) => invocation.functionName === functionName);
  }

  #letGo(holding: Holding): void {
    const { id } = holding.invocation;
    const others = this.#held.get(id)?.filter((other) => other !== holding) ?? [];
    if (others.length > 0) return void this.#held.set(id, others);
    this.#held.delete(id);
    holding.ended.abort();
  }

  #remember(id: string): void {
    this.#answered.delete(id);
    this.#answered.add(id);
    const [oldest] = this.#answered;
    if (this.#answered.size > ANSWERED_MAX && oldest !== undefined) this.#answered.delete(oldest);
  }
}
