import { randomUUID } from "node:crypto";
import { sleep } from "../../../../async/sleep.ts";
import { within } from "../../../../async/time-limit.ts";
import { broadcast } from "../../broadcast.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { MessageLease, MessageReceive } from "../book/message-leases.ts";
import type { FifoSentRecord } from "../book/sent-before.ts";
import type { FifoMessage } from "./fifo-messages.ts";
import { decodeFifoMessage, encodeFifoMessage, FIFO_ITEMS_MAX } from "./fifo-messages.ts";

/** How often and how long something is told again that could not be told. */
const AGAIN_MS = 500;
const TIMES_MAX = 20;
/** How long a router may take to hear itself. */
const HEARING_MS = 30_000;

/** What routers tell all others of FIFO queues. A router hears itself, too. */
export class RouterNews {
  readonly #publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly #listener: (message: FifoMessage) => void;
  readonly #marks = new Map<string, () => void>();

  /** @param publish resolves when all are confirmed: then they are in the queue of every router that listens. */
  constructor(publish: (messages: readonly Outgoing[]) => Promise<void>, listener: (message: FifoMessage) => void) {
    this.#publish = publish;
    this.#listener = listener;
  }

  /** To be called with every broadcast. */
  hear(body: Buffer): void {
    const message = decodeFifoMessage(body);
    if (message?.type === "mark") this.#marks.get(message.mark)?.();
    else if (message !== undefined) this.#listener(message);
  }

  /** @throws PublishError */
  async tell(...messages: readonly FifoMessage[]): Promise<void> {
    if (messages.length > 0) await this.#publish(messages.map((message) => broadcast(encodeFifoMessage(message))));
  }

  /** The same where nothing is lost when nobody hears it. */
  async mention(...messages: readonly FifoMessage[]): Promise<void> {
    await this.tell(...messages).catch(() => undefined);
  }

  /** Says that nobody has got messages, as soon as it can. Where it never can they are visible when their time is over. */
  async tellReturned(queue: string, receives: readonly MessageReceive[]): Promise<void> {
    const never = new AbortController().signal;
    for (let times = 1; times <= TIMES_MAX; times++) {
      try {
        const each = receives.map(({ key, receives: number, session }) => ({ key, receives: number, session }));
        return await this.tell({ type: "returned", queue, receives: each });
      } catch {
        await sleep(AGAIN_MS, never);
      }
    }
  }

  /** @throws PublishError */
  async tellLeases(leases: readonly MessageLease[]): Promise<void> {
    await this.tell(...itemSlices(leases).map((each): FifoMessage => ({ type: "leases", leases: [...each] })));
  }

  /** Asks for leases of messages with these keys. Whoever knows one tells all. @throws PublishError */
  async askLeases(keys: readonly string[]): Promise<void> {
    await this.tell(...itemSlices(keys).map((each): FifoMessage => ({ type: "leases-of", keys: [...each] })));
  }

  /** So that a duplicate is answered with its original at every router. */
  async mentionSent(records: readonly FifoSentRecord[]): Promise<void> {
    await this.mention(...itemSlices(records).map((each): FifoMessage => ({ type: "sent", records: [...each] })));
  }

  /**
   * Resolves when this router has heard all that anybody has told before: each router hears everything in the order in
   * which RabbitMQ took it.
   *
   * @throws PublishError, TimeLimitError
   */
  async caughtUp(): Promise<void> {
    const mark = randomUUID();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#marks.set(mark, () => resolve(undefined));
    try {
      await this.tell({ type: "mark", mark });
      await within(HEARING_MS, "hearing what other routers have told", promise);
    } finally {
      this.#marks.delete(mark);
    }
  }
}

/** Lists of as many as one message may have. */
export function itemSlices<T>(list: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(list.length / FIFO_ITEMS_MAX);
  return Array.from({ length: count }, (_, n) => list.slice(n * FIFO_ITEMS_MAX, (n + 1) * FIFO_ITEMS_MAX));
}
