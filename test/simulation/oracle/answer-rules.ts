import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { AnswerVerdict } from "../../../src/flow/hold/in-hand.ts";
import type { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";

/** A router that waits for an environment's answer. */
export interface Waiting {
  readonly id: string;
  readonly life: Life;
  readonly startedAtMs: number;
  readonly timeoutMs: number;
  isOver: boolean;
}

/** What an environment says of an invocation, at whichever router. */
export interface EnvironmentSays {
  readonly id: string;
  readonly outcome: Outcome;
  /** For which of those that wait it works. */
  readonly waiting: Waiting;
  readonly saidAtMs: number;
}

export interface AnswerRulesOptions {
  readonly scheduler: Scheduler;
  /** Whether no fault happens that a message between routers could be lost for. */
  readonly faultless: boolean;
  readonly violate: (what: string) => void;
}

/** What the four messages of a relay take at most while nothing is out of order. */
const RELAY_MS = 500;

/** What must hold of the answers of environments (docs/delivery.md, "Polling functions"). */
export class AnswerRules {
  /** How many answers were taken by another router than the one that got them. */
  relayed = 0;
  readonly #options: AnswerRulesOptions;
  readonly #said = new Map<Outcome, EnvironmentSays>();
  readonly #used = new Set<Outcome>();

  constructor(options: AnswerRulesOptions) {
    this.#options = options;
  }

  /** A router gives an invocation to an environment and waits. */
  given(id: string, life: Life, timeoutMs: number): Waiting {
    return { id, life, startedAtMs: this.#options.scheduler.nowMs, timeoutMs, isOver: false };
  }

  says(id: string, outcome: Outcome, waiting: Waiting): EnvironmentSays {
    const said = { id, outcome, waiting, saidAtMs: this.#options.scheduler.nowMs };
    this.#said.set(outcome, said);
    return said;
  }

  /** The router waits no more: for an answer to this delivery that nobody else got, or for the deadline. */
  ended(waiting: Waiting, outcome: Outcome | undefined): void {
    waiting.isOver = true;
    const { id, startedAtMs, timeoutMs } = waiting;
    const { scheduler, violate } = this.#options;
    if (outcome === undefined) {
      if (scheduler.nowMs < startedAtMs + timeoutMs) violate(`an answer to ${id} is given up before its deadline`);
      return;
    }
    if (this.#said.get(outcome)?.id !== id) violate(`a call for ${id} ends with what no environment said of it`);
    if (this.#used.has(outcome)) violate(`an answer to ${id} is taken twice`);
    this.#used.add(outcome);
  }

  /** The environment is told what became of its answer. */
  told({ id, outcome, waiting, saidAtMs }: EnvironmentSays, verdict: AnswerVerdict, by: Life): void {
    const { faultless, violate } = this.#options;
    if (verdict === "taken") {
      if (by !== waiting.life && this.#used.has(outcome)) this.relayed += 1;
      // A router may die between the two.
      if (!this.#used.has(outcome) && waiting.life.alive) violate(`an answer to ${id} is said to be taken, and is not`);
      return;
    }
    const leftMs = waiting.startedAtMs + waiting.timeoutMs - saidAtMs;
    if (faultless && leftMs > RELAY_MS && !waiting.isOver && waiting.life.alive)
      violate(`an answer to ${id} is ${verdict}, and a router waits for it`);
  }
}
