import { randomUUID } from "node:crypto";
import { sleep } from "../../../../async/sleep.ts";
import { waitFor } from "../../../../async/time-limit.ts";
import { broadcast } from "../../broadcast.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { ChangeOutcome, HoldMessage } from "../routers/hold-messages.ts";
import { CHANGES_MAX, encodeHoldMessage } from "../routers/hold-messages.ts";

const ANSWER_WAIT_MS = 2_000;
/** A message on its way between routers is nobody's for some milliseconds: then all are asked once more. */
const ASK_AGAIN_MS = 50;
const ROUNDS = 2;
/** Questions open at once. */
const QUESTIONS_MAX = 1_000;

/** To make a message visible at a time. Times are epoch milliseconds. */
export interface MovedChange {
  readonly fingerprint: string;
  readonly visibleAtMs: number;
  /** Whoever receives the message later has it for a time of its own. */
  readonly askedAtMs: number;
  /** The receive that the receipt is of. */
  readonly receivedAs: string;
}

export interface MovedQuestionsOptions {
  /** Resolves when all are confirmed. @throws PublishError */
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Where answers come to; undefined while this router hears nothing. */
  readonly address: () => string | undefined;
  /** How many consumers `busbar.sqs.held` has, over all routers. */
  readonly consumers: () => Promise<number>;
}

/** A question to all routers. It ends when all of them have answered, and those that have a message have changed it. */
interface Question {
  /** The consumers whose routers have not answered. */
  consumersLeft: number;
  readonly seen: Set<string>;
  readonly outcomes: Map<string, ChangeOutcome>;
  readonly end: () => void;
}

/** Asks all routers to hide messages that wait in `busbar.sqs.held`: nobody knows which router has one. */
export class MovedQuestions {
  readonly #options: MovedQuestionsOptions;
  readonly #open = new Map<string, Question>();

  constructor(options: MovedQuestionsOptions) {
    this.#options = options;
  }

  /** @returns an outcome for each: `gone` for what does not wait there, and where a router does not answer within 2 s. */
  async ask(changes: readonly MovedChange[]): Promise<readonly ChangeOutcome[]> {
    const outcomes = new Map<string, ChangeOutcome>();
    for (let round = 0; round < ROUNDS; round++) {
      const left = changes.filter(({ fingerprint }) => !outcomes.has(fingerprint));
      if (left.length === 0) break;
      if (round > 0) await sleep(ASK_AGAIN_MS, new AbortController().signal);
      for (let from = 0; from < left.length; from += CHANGES_MAX)
        await this.#askOnce(left.slice(from, from + CHANGES_MAX), outcomes);
    }
    return changes.map(({ fingerprint }) => outcomes.get(fingerprint) ?? "gone");
  }

  /** To be called with every message of a router. */
  hear(message: HoldMessage): void {
    if (message.type !== "moved-seen" && message.type !== "moved-hidden") return;
    const question = this.#open.get(message.ask);
    if (question === undefined) return;
    if (message.type === "moved-hidden") {
      question.outcomes.set(message.fingerprint, message.outcome);
    } else {
      question.consumersLeft -= message.consumers;
      for (const fingerprint of message.fingerprints) question.seen.add(fingerprint);
    }
    const isChanged = [...question.seen].every((fingerprint) => question.outcomes.has(fingerprint));
    if (question.consumersLeft <= 0 && isChanged) question.end();
  }

  async #askOnce(changes: readonly MovedChange[], outcomes: Map<string, ChangeOutcome>): Promise<void> {
    const from = this.#options.address();
    const consumersLeft = await this.#options.consumers();
    if (from === undefined || consumersLeft === 0 || this.#open.size >= QUESTIONS_MAX) return;
    const ask = randomUUID();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#open.set(ask, { consumersLeft, seen: new Set(), outcomes, end: () => resolve(undefined) });
    try {
      await this.#options.publish([
        broadcast(encodeHoldMessage({ type: "hide-moved", ask, from, changes: [...changes] })),
      ]);
      await waitFor(promise, ANSWER_WAIT_MS);
    } finally {
      this.#open.delete(ask);
    }
  }
}
