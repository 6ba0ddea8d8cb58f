import { randomUUID } from "node:crypto";
import type { Broker } from "../../../core/broker.ts";
import { waitFor } from "../wait-for.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import type { RelayMessage } from "./relay-message.ts";
import { decodeRelayMessage, encodeRelayMessage } from "./relay-message.ts";

export interface AnswerRelayOptions {
  readonly broker: Pick<Broker, "broadcast" | "onBroadcast">;
  /** Settles the invocation that another router was given the answer to; false when it is not in hand here. */
  readonly settle: (answer: EnvironmentAnswer) => boolean;
  readonly onError: (error: Error) => void;
}

/** How long a router waits for another one to own up to an invocation. */
const OWNER_WAIT_MS = 2_000;
const NEVER = new AbortController().signal;

/**
 * Brings an answer to the router that holds its invocation. A load balancer may send each request of an environment
 * to another router, so the one that is answered asks all of them, over the broker, whose the invocation is.
 */
export class AnswerRelay {
  readonly #options: AnswerRelayOptions;
  /** The questions open here. */
  readonly #asked = new Map<string, (taken: boolean) => void>();

  constructor(options: AnswerRelayOptions) {
    this.#options = options;
    options.broker.onBroadcast((body) => this.#hear(body));
  }

  /** Resolves with whether another router has taken the answer: at most 2 s later, and never rejects. */
  async offer(answer: EnvironmentAnswer): Promise<boolean> {
    const ask = randomUUID();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#asked.set(ask, resolve);
    this.#say({ type: "answer", ask, answer }, () => resolve(false));
    const taken = await waitFor(promise, OWNER_WAIT_MS, NEVER, () => undefined);
    this.#asked.delete(ask);
    return taken ?? false;
  }

  #hear(body: Buffer): void {
    const message = decodeRelayMessage(body);
    if (message === undefined) return;
    const { ask } = message;
    // A broadcast comes back to its sender, which has looked already.
    const ownQuestion = this.#asked.get(ask);
    if (message.type === "taken") ownQuestion?.(true);
    else if (ownQuestion === undefined && this.#options.settle(message.answer)) this.#say({ type: "taken", ask });
  }

  #say(message: RelayMessage, onFailure?: () => void): void {
    this.#options.broker.broadcast(encodeRelayMessage(message)).catch((error: unknown) => {
      this.#options.onError(
        new Error("an answer could not be brought to the router that waits for it", { cause: error }),
      );
      onFailure?.();
    });
  }
}
