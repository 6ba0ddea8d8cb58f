import { randomUUID } from "node:crypto";
import { waitFor } from "../../../../async/time-limit.ts";
import { addressed, broadcast } from "../../broadcast.ts";
import { NotConnectedError } from "../../connection/connection.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { DeletedMessages } from "./deleted-messages.ts";
import type { HoldMessage } from "./hold-messages.ts";
import { encodeHoldMessage } from "./hold-messages.ts";

/** How long receives wait for the answers. A frozen router gives none. */
const ANSWER_MS_MAX = 1_000;

export interface DeletedBeforeOptions {
  readonly deleted: Pick<DeletedMessages, "all">;
  /** Resolves when all are confirmed. @throws PublishError */
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Where this router listens; undefined while it hears nothing. */
  readonly address: () => string | undefined;
  /** How many consumers of `busbar.sqs.held` are this router's. Every router has some. */
  readonly consumers: () => number;
  /** The same of all routers together. */
  readonly consumersOfAll: () => Promise<number>;
}

/** What a router asked that has begun to listen. */
interface Question {
  readonly id: string;
  readonly end: () => void;
  /** The consumers whose routers have answered. */
  consumersHeard: number;
  consumersOfAll: number;
}

/**
 * Learns what was deleted before this router began to listen: all routers remember that, and one that has just started, or was away,
 * would hand it out when it comes back.
 */
export class DeletedBefore {
  readonly #options: DeletedBeforeOptions;
  #asked: { readonly address: string; readonly answered: Promise<void> } | undefined;
  #question: Question | undefined;

  constructor(options: DeletedBeforeOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all routers have answered, or after 1 s. They are asked once for each address of this one.
   *
   * @throws NotConnectedError while this router hears nothing.
   */
  async known(): Promise<void> {
    const address = this.#options.address();
    if (address === undefined) throw new NotConnectedError();
    if (this.#asked?.address !== address) this.#asked = { address, answered: this.#ask(address) };
    await this.#asked.answered;
  }

  /** To be called with every message of a router. */
  hear(message: HoldMessage): void {
    if (message.type === "ask-deleted") this.#answer(message.ask, message.from);
    if (message.type !== "deleted-told" || message.ask !== this.#question?.id) return;
    this.#question.consumersHeard += message.consumers;
    this.#endWhenAllAnswered();
  }

  async #ask(from: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const ask = randomUUID();
    this.#question = { id: ask, end: () => resolve(undefined), consumersHeard: 0, consumersOfAll: Infinity };
    const asking = this.#options.publish([broadcast(encodeHoldMessage({ type: "ask-deleted", ask, from }))]);
    const counting = this.#options.consumersOfAll().then((count) => {
      if (this.#question?.id === ask) this.#question.consumersOfAll = count;
      this.#endWhenAllAnswered();
    });
    // RabbitMQ is hardly there. The next receive asks again.
    Promise.all([asking, counting]).catch(() => {
      if (this.#asked?.address === from) this.#asked = undefined;
      resolve(undefined);
    });
    await waitFor(promise, ANSWER_MS_MAX);
  }

  #endWhenAllAnswered(): void {
    const { consumersHeard = 0, consumersOfAll = Infinity, end } = this.#question ?? {};
    if (consumersHeard >= consumersOfAll) end?.();
  }

  #answer(ask: string, from: string): void {
    const { deleted, publish, consumers, address } = this.#options;
    const told: HoldMessage = { type: "deleted-told", ask, consumers: consumers() };
    const known = from === address() ? [] : deleted.all();
    try {
      // Whoever asked may have gone.
      void publish([...known, told].map((each) => addressed(from, encodeHoldMessage(each)))).catch(() => undefined);
    } catch {
      // It is no router's address.
    }
  }
}
