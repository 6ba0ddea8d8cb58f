import { randomUUID } from "node:crypto";
import type { Broadcast } from "../../ports/broadcast.ts";
import { waitFor } from "../../async/time-limit.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import type { RelayMessage } from "./relay-message.ts";
import { decodeRelayMessage, encodeRelayMessage } from "./relay-message.ts";

export interface AnswerRelayOptions {
  readonly broker: Broadcast;
  /** How much longer an invocation that is in hand here waits for its answer, in ms; undefined when it is not. */
  readonly remainingMsOf: (functionName: string, id: string) => number | undefined;
  /** Settles the invocation that another router was given the answer to; false when it is not in hand here. */
  readonly settle: (answer: EnvironmentAnswer) => boolean;
  readonly onError: (error: Error) => void;
}

/** An invocation that another router holds. */
export interface RemoteInvocation {
  /** Fires at the invocation's deadline. */
  readonly ended: AbortSignal;
  /** Resolves with whether the other router has taken the answer: at most 10 s later, and never rejects. */
  settle(answer: EnvironmentAnswer): Promise<boolean>;
}

/** How long a router waits for another one to own up to an invocation. */
const OWNER_WAIT_MS = 2_000;
/** How long it waits for the owner to take an answer, which may be 6 MiB. */
const TAKEN_WAIT_MS = 10_000;
/** Questions open at once about one function: whoever may speak for it can make as many up as it likes. */
const QUESTIONS_MAX = 500;
/** The longest time-out of a function. */
const REMAINING_MS_MAX = 900_000;

/**
 * Brings an answer to the router that holds its invocation. A load balancer may send each request of an environment
 * to another router, so the one that gets an answer asks all of them, over the broker, whose the invocation is. Only
 * the router that says so is sent the answer.
 */
export class AnswerRelay {
  readonly #options: AnswerRelayOptions;
  /** What waits for a reply, by question. */
  readonly #asked = new Map<string, (reply: RelayMessage) => void>();
  /** Questions open, by function. */
  readonly #questions = new Map<string, number>();

  constructor(options: AnswerRelayOptions) {
    this.#options = options;
    options.broker.onBroadcast((body) => this.#hear(body));
  }

  /**
   * The invocation, if another router holds it; `busy` when too many questions about this function are open. At most 2 s
   * later, and never rejects.
   */
  async find(functionName: string, id: string): Promise<RemoteInvocation | "busy" | undefined> {
    const open = this.#questions.get(functionName) ?? 0;
    if (open >= QUESTIONS_MAX) return "busy";
    this.#questions.set(functionName, open + 1);
    const who = (ask: string, from: string) => this.#broadcast({ type: "who", ask, from, functionName, id });
    const reply = await this.#ask(OWNER_WAIT_MS, who);
    const left = (this.#questions.get(functionName) ?? 1) - 1;
    if (left > 0) this.#questions.set(functionName, left);
    else this.#questions.delete(functionName);
    if (reply?.type !== "held") return undefined;
    const { from: holder, remainingMs } = reply;
    return {
      ended: AbortSignal.timeout(Math.min(Math.max(0, Math.round(remainingMs)), REMAINING_MS_MAX)),
      settle: async (answer) => {
        const give = (ask: string, from: string) => this.#send(holder, { type: "answer", ask, from, answer });
        const taken = await this.#ask(TAKEN_WAIT_MS, give);
        return taken?.type === "taken";
      },
    };
  }

  /** Says something and waits for the reply; undefined when there is none, or it could not be said. */
  async #ask(
    timeoutMs: number,
    say: (ask: string, from: string) => Promise<boolean>,
  ): Promise<RelayMessage | undefined> {
    const { address } = this.#options.broker;
    if (address === undefined) return undefined;
    const ask = randomUUID();
    const { promise, resolve } = Promise.withResolvers<RelayMessage | undefined>();
    this.#asked.set(ask, resolve);
    void say(ask, address).then((said) => said || resolve(undefined));
    const reply = await waitFor(promise, timeoutMs);
    this.#asked.delete(ask);
    return reply;
  }

  #hear(body: Buffer): void {
    const message = decodeRelayMessage(body);
    if (message === undefined) return;
    const { ask } = message;
    if (message.type === "held" || message.type === "taken") return this.#asked.get(ask)?.(message);
    // A broadcast comes back to its sender, which has looked already.
    if (this.#asked.has(ask)) return;
    const { remainingMsOf, settle, broker } = this.#options;
    if (message.type === "answer") {
      if (settle(message.answer)) void this.#send(message.from, { type: "taken", ask });
      return;
    }
    const remainingMs = remainingMsOf(message.functionName, message.id);
    const from = broker.address;
    if (remainingMs !== undefined && from !== undefined) {
      void this.#send(message.from, { type: "held", ask, from, remainingMs });
    }
  }

  #broadcast(message: RelayMessage): Promise<boolean> {
    return this.#said(this.#options.broker.broadcast(encodeRelayMessage(message)));
  }

  #send(to: string, message: RelayMessage): Promise<boolean> {
    return this.#said(this.#options.broker.send(to, encodeRelayMessage(message)));
  }

  /** Whether the broker took it. */
  async #said(said: Promise<void>): Promise<boolean> {
    try {
      await said;
      return true;
    } catch (error) {
      this.#options.onError(
        new Error("an answer could not be brought to the router that waits for it", { cause: error }),
      );
      return false;
    }
  }
}
