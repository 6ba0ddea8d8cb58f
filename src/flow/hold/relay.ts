import { waitFor } from "../../async/time-limit.ts";
import type { AnswerSink } from "../../ports/functions/functions.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { AnswerVerdict, Awaited } from "./in-hand.ts";
import type { RelayedAnswer, RelayMessage } from "./relay-message.ts";
import { decodeRelayMessage, encodeRelayMessage, relayMark } from "./relay-message.ts";

export interface AnswerRelayOptions<Answer> {
  /** What is held, such as `runtime-api`. A relay sees the messages of its own kind only. */
  readonly kind: string;
  readonly broker: Broadcast;
  /** What waits for an answer in this router. */
  readonly find: (scope: string, id: string) => Awaited<Answer> | Exclude<AnswerVerdict, "taken">;
  readonly encode: (answer: Answer) => RelayedAnswer;
  /** Undefined for what no router of this version sends. */
  readonly decode: (relayed: RelayedAnswer) => Answer | undefined;
  /** The longest time for which anything of this kind is held. */
  readonly heldMsMax: number;
  readonly newId: () => string;
  readonly onError: (error: Error) => void;
}

/** Where an answer goes, in this router or in another one. */
export interface AnswerReceiver<Answer> {
  /** Takes an answer while it is written. An answer for another router is collected. */
  readonly sink?: AnswerSink | undefined;
  /** Fires when no answer is awaited any more. */
  readonly ended: AbortSignal;
  /** Never rejects. Another router that does not reply within 10 s has not taken it: the answer is `unknown`. */
  settle(answer: Answer): Promise<AnswerVerdict>;
}

/** How long a router waits for the reply of the one that holds what an answer is for. */
const OWNER_WAIT_MS = 2_000;
/** How long it waits until the holder has taken an answer, which may be several MiB. */
const TAKEN_WAIT_MS = 10_000;
/** Questions open at once about one scope: whoever may answer in it can make up as many ids as it likes. */
const QUESTIONS_MAX = 500;

/**
 * Brings an answer to the router that holds what it is for. A load balancer may send each request to another router, so
 * the one that gets an answer asks all of them over the broker. It sends the answer to the one that holds it, and to no other.
 */
export class AnswerRelay<Answer> {
  readonly #options: AnswerRelayOptions<Answer>;
  readonly #mark: Buffer;
  /** The questions that wait for a reply. */
  readonly #asked = new Map<string, (reply: RelayMessage) => void>();
  /** How many questions are open, by scope. */
  readonly #questions = new Map<string, number>();

  constructor(options: AnswerRelayOptions<Answer>) {
    this.#options = options;
    this.#mark = relayMark(options.kind);
    options.broker.onBroadcast((body) => this.#receive(body));
  }

  /**
   * Where the answer goes, if another router holds what it is for; `busy` when too many questions about this scope are
   * open. Takes at most 2 s, and never rejects.
   */
  async find(scope: string, id: string): Promise<AnswerReceiver<Answer> | "busy" | undefined> {
    const open = this.#questions.get(scope) ?? 0;
    if (open >= QUESTIONS_MAX) return "busy";
    this.#questions.set(scope, open + 1);
    const reply = await this.#ask(OWNER_WAIT_MS, (ask, from) => this.#broadcast({ type: "who", ask, from, scope, id }));
    const left = (this.#questions.get(scope) ?? 1) - 1;
    if (left > 0) this.#questions.set(scope, left);
    else this.#questions.delete(scope);
    if (reply?.type !== "held") return undefined;
    const { from: holder, remainingMs } = reply;
    return {
      ended: AbortSignal.timeout(Math.min(Math.max(0, Math.round(remainingMs)), this.#options.heldMsMax)),
      settle: async (given) => {
        const answer = this.#options.encode(given);
        const give = (ask: string, from: string) =>
          this.#send(holder, { type: "answer", ask, from, scope, id, answer });
        const taken = await this.#ask(TAKEN_WAIT_MS, give);
        return taken?.type === "taken" ? "taken" : "unknown";
      },
    };
  }

  /** Sends a question and waits for the reply; undefined when there is none, or the broker did not take the question. */
  async #ask(
    timeoutMs: number,
    send: (ask: string, from: string) => Promise<boolean>,
  ): Promise<RelayMessage | undefined> {
    const { broker, newId } = this.#options;
    const { address } = broker;
    if (address === undefined) return undefined;
    const ask = newId();
    const { promise, resolve } = Promise.withResolvers<RelayMessage | undefined>();
    this.#asked.set(ask, resolve);
    void send(ask, address).then((isSent) => isSent || resolve(undefined));
    const reply = await waitFor(promise, timeoutMs);
    this.#asked.delete(ask);
    return reply;
  }

  #receive(body: Buffer): void {
    const message = decodeRelayMessage(this.#mark, body);
    if (message === undefined) return;
    const { ask } = message;
    if (message.type === "held" || message.type === "taken") return this.#asked.get(ask)?.(message);
    // A broadcast comes back to its sender, which has searched its own before.
    if (this.#asked.has(ask)) return;
    const awaited = this.#options.find(message.scope, message.id);
    if (typeof awaited === "string") return;
    if (message.type === "answer") {
      const answer = this.#options.decode(message.answer);
      if (answer === undefined || awaited.settle(answer) !== "taken") return;
      return void this.#send(message.from, { type: "taken", ask });
    }
    const from = this.#options.broker.address;
    if (from === undefined) return;
    void this.#send(message.from, { type: "held", ask, from, remainingMs: awaited.remainingMs });
  }

  #broadcast(message: RelayMessage): Promise<boolean> {
    return this.#isSent(this.#options.broker.broadcast(encodeRelayMessage(this.#mark, message)));
  }

  #send(to: string, message: RelayMessage): Promise<boolean> {
    return this.#isSent(this.#options.broker.send(to, encodeRelayMessage(this.#mark, message)));
  }

  /** Whether the broker took it. */
  async #isSent(sending: Promise<void>): Promise<boolean> {
    try {
      await sending;
      return true;
    } catch (error) {
      this.#options.onError(
        new Error("an answer could not be brought to the router that waits for it", { cause: error }),
      );
      return false;
    }
  }
}
