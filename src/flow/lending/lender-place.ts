import { z } from "zod";
import type { Message, Received } from "../../domain/queue/message.ts";
import { declarationOf, PERMITS_QUEUE } from "../../domain/queue/queues.ts";
import { markedJson } from "../../json/marked-json.ts";
import type { Consumer, Consumers } from "../../ports/broker/consumer.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import { LatestInHand } from "../store/latest-in-hand.ts";
import { storeUntilConfirmed } from "../store/until-confirmed.ts";

/** One who lends, among all that ever did. A later term is higher. */
interface Term {
  readonly term: number;
  /** Of the router that lends in it; empty in a seed. */
  readonly writer: string;
}

const layout = markedJson("busbar-permits-term/1");
const termLayout = z.object({ term: z.int().min(0), writer: z.string() });

/** RabbitMQ takes back what is held for 30 minutes. */
const RENEWED_MS = 600_000;
/** A router that did not tick for so long was frozen, and another may have the place. */
const FROZEN_MS = 2_000;
/** The term in hand, the next one, and seeds. */
const IN_HAND_MAX = 10;

export interface LenderPlaceOptions {
  readonly broker: Publisher & Consumers;
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  readonly newId: () => string;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * The place of the one router that lends permits to all: a message in a queue with a single active consumer. Who gets it
 * stores one with a higher term, and lends when that has come. So whoever heard of the new term goes by no former one.
 */
export class LenderPlace {
  readonly #options: LenderPlaceOptions;
  readonly #writer: string;
  readonly #hand: LatestInHand<Term>;
  readonly #leave = new AbortController();
  #consumer: Consumer | undefined;
  #joining: Promise<void> | undefined;
  #begun: { readonly term: number; readonly atMs: number } | undefined;
  #storedAtMs = -Infinity;
  #tickedAtMs: number;

  constructor(options: LenderPlaceOptions) {
    this.#options = options;
    this.#writer = options.newId();
    this.#tickedAtMs = options.steadyMs();
    this.#hand = new LatestInHand(
      (one, other) => one.term > other.term,
      () => this.#changed(),
    );
  }

  /** The term in which this router lends, and when that began by the steady clock; undefined while it does not. */
  get term(): { readonly term: number; readonly atMs: number } | undefined {
    if (this.#options.steadyMs() - this.#tickedAtMs > FROZEN_MS) return undefined;
    return this.#begun;
  }

  /** Waits for the place from now on. */
  join(): void {
    this.#joining ??= this.#join().catch((error: unknown) => {
      this.#joining = undefined;
      if (!this.#leave.signal.aborted) this.#options.onError(error);
    });
  }

  /** To be called each second. */
  tick(): void {
    const nowMs = this.#options.steadyMs();
    const wasFrozen = nowMs - this.#tickedAtMs > FROZEN_MS;
    this.#tickedAtMs = nowMs;
    if (this.#joining !== undefined && this.#consumer === undefined) return;
    const { held } = this.#hand;
    if (held === undefined || (!wasFrozen && nowMs - this.#storedAtMs < RENEWED_MS)) return;
    // Who was frozen lends again when its next term has come: then it has the place still.
    if (wasFrozen) this.#begun = undefined;
    this.#store(held.value.term);
  }

  /** Leaves the place to another. */
  async stop(): Promise<void> {
    this.#leave.abort(new Error("the router is stopping"));
    const stopped = this.#consumer?.stop();
    this.#begun = undefined;
    this.#hand.letGo(false);
    await stopped;
  }

  async #join(): Promise<void> {
    const { broker } = this.#options;
    await broker.declare([declarationOf(PERMITS_QUEUE)]);
    await this.#publish({ term: 0, writer: "" });
    if (this.#leave.signal.aborted) return;
    this.#consumer = await broker.consume(PERMITS_QUEUE, IN_HAND_MAX, (message, lost) => this.#take(message, lost));
  }

  #take(message: Received, lost: AbortSignal): Promise<void> {
    if (this.#leave.signal.aborted) return Promise.reject(new Error("the router stops, and another one goes on"));
    const term = termLayout.safeParse(layout.decode(message.body)).data;
    if (term !== undefined) return this.#hand.take(term, this.#options.nowMs(), lost);
    this.#options.onError(new Error(`message "${message.id}" in ${PERMITS_QUEUE} is no term`));
    return Promise.resolve();
  }

  #changed(): void {
    const value = this.#hand.held?.value;
    const known = this.#begun;
    if (value?.writer === this.#writer) {
      this.#begun = known ?? { term: value.term, atMs: this.#options.steadyMs() };
      return;
    }
    this.#begun = undefined;
    // Somebody may have deleted the queue. Where only the connection was lost there are two, and the later one counts.
    if (value !== undefined || known !== undefined) this.#store(value?.term ?? known?.term ?? 0);
  }

  /** The wall clock keeps terms rising where the queue, and with it the last term, was lost. */
  #store(former: number): void {
    this.#storedAtMs = this.#options.steadyMs();
    const term = Math.max(former + 1, this.#options.nowMs());
    this.#publish({ term, writer: this.#writer }).catch(() => undefined);
  }

  async #publish(value: Term): Promise<void> {
    const { newId, onError } = this.#options;
    const message: Message = { queue: PERMITS_QUEUE, id: newId(), body: layout.encode(value), headers: {} };
    await storeUntilConfirmed({ messages: [message], leave: this.#leave.signal, onDelay: onError }, this.#options);
  }
}
