import { Alarm } from "../../async/alarm.ts";
import { WhileAsked } from "../../async/while-asked.ts";
import { BATCH_BYTES_MAX } from "../../domain/mapping/mapping.ts";
import type { Received } from "../../domain/queue/message.ts";
import { qualifierOf } from "../../domain/target/target.ts";
import type { MessageHandler } from "../../ports/broker/consumer.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import type { Callee } from "../functions/callee.ts";
import { orderKeyOf } from "../order/order-key.ts";
import { nextWindow, WINDOW_BYTES_MAX } from "../order/window.ts";
import type { BatchDeliveries, Collectable } from "./batch-deliveries.ts";
import type { BatchedMessage } from "./messages-held.ts";
import { MessagesHeld } from "./messages-held.ts";
import type { EndedBatch } from "./open-batches.ts";
import { OpenBatches } from "./open-batches.ts";

/** As many as the largest batch has. */
const HELD_MAX = 10_000;
/** How long a message may be here before its call: with the longest call after it, well below RabbitMQ's 30 min. */
const HELD_MS_MAX = 600_000;
/** What is left of a list's bytes for what stands around its events. */
const AROUND_BYTES = 1_024;

const NEVER = new AbortController().signal;

export interface BatchedCallsDeps {
  readonly callee: () => Callee | undefined;
  readonly inFlight: Pick<InFlightBytes, "isFull">;
  readonly batches: BatchDeliveries;
  /** Handles a message that is called for by itself. */
  readonly handleAlone: MessageHandler;
  /** Stores messages in their queue anew. Rejects when they must be left to the broker. */
  readonly giveBack: (messages: readonly Received[]) => Promise<void>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
  /** Called when `window` has changed. */
  readonly onWindow: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Calls one function for the messages of its batch queue that this router has in hand. A message is collected for its target
 * and group until its batch is full or its window is over. Then the batch waits for a slot of the function, and others may
 * join it meanwhile. Where there is no room for more messages, the batch that began first is called early.
 *
 * A message leaves in one of three ways: it is settled after its call; it is lost with its connection; or it is given back,
 * since the function is not to be called, or had no slot for long.
 */
export class BatchedCalls {
  readonly #deps: BatchedCallsDeps;
  readonly #open = new OpenBatches<BatchedMessage>();
  readonly #held = new MessagesHeld((isHeld) => this.#open.keep(isHeld));
  readonly #alarm: Alarm;
  #running = 0;
  #window: number;
  #isShrunk = false;
  /** Something has changed, and more may begin. */
  readonly #beginning = new WhileAsked(() => this.#beginNext());

  /** @param window how many messages to hold at first. */
  constructor(deps: BatchedCallsDeps, window: number) {
    this.#deps = deps;
    this.#window = window;
    this.#alarm = new Alarm(deps, () => this.#begin());
  }

  /** How many messages to hold. */
  get window(): number {
    return this.#window;
  }

  readonly handle: MessageHandler = (message, lost) => {
    if (lost.aborted) return Promise.reject(lost.reason as Error);
    const { batches, handleAlone } = this.#deps;
    const collectable = batches.read(message);
    if (collectable === undefined) return handleAlone(message, lost);
    const held = this.#held.add(message, collectable.delivery, lost);
    this.#collect(held, collectable);
    this.#begin();
    return held.settled.promise;
  };

  /** Stores anew what no call has begun for. */
  giveBackAll(): void {
    while (!this.#open.isEmpty) this.#giveBack(this.#open.takeOldest());
  }

  /** To be called when the callee may be called otherwise, or memory is short. */
  changed(): void {
    this.#begin();
  }

  #collect(held: BatchedMessage, { delivery, batch, payloadBytes }: Collectable): void {
    const { size, windowSeconds, groupBy } = batch;
    const key = groupBy === undefined ? undefined : orderKeyOf(delivery, groupBy);
    const limits = { itemsMax: size, bytesMax: BATCH_BYTES_MAX - AROUND_BYTES, windowMs: windowSeconds * 1_000 };
    // A call is of one version: what waits from before its rule named another has a batch of its own.
    const target = JSON.stringify([delivery.origin, qualifierOf(delivery.destination)]);
    const collector = { target, group: key === undefined ? "no key" : `key ${key}`, limits };
    // One more for the comma before it.
    this.#open.add(collector, held, payloadBytes + 1, this.#deps.nowMs());
  }

  /** Begins as many calls as may begin now, and goes on as slots come free. */
  #begin(): void {
    this.#beginning.ask();
  }

  /** Never rejects. */
  async #beginNext(): Promise<void> {
    // What comes in one turn is in one batch.
    await this.#deps.pause();
    await this.#beginAll().catch(this.#deps.onError);
    // A call that tests the function begins the next ones when it ends.
    this.#alarm.set(this.#isTesting ? undefined : this.#open.dueAtMs);
  }

  async #beginAll(): Promise<void> {
    for (;;) {
      this.#resize();
      const callee = this.#deps.callee();
      if (callee === undefined || callee.isPaused) return this.giveBackAll();
      if (!this.#isReady || this.#isTesting) return;
      if (!(await this.#enter(callee))) {
        // It must not be called, or had no slot for too long.
        this.#giveBack(this.#take());
        continue;
      }
      // Another one may be the first by now, or none.
      const batch = this.#take();
      if (batch === undefined) callee.leave();
      else void this.#call(batch, callee);
    }
  }

  async #enter(callee: Callee): Promise<boolean> {
    const nowMs = this.#deps.nowMs();
    const heldMs = nowMs - (this.#open.sinceMs ?? nowMs);
    return callee.tryEnter() || callee.enter(Math.max(0, HELD_MS_MAX - heldMs), NEVER);
  }

  get #isReady(): boolean {
    return this.#open.isReady(this.#deps.nowMs()) || (this.#isCrowded && !this.#open.isEmpty);
  }

  /** Whether nothing more comes before something is called, and not half of what is held is called for already. */
  get #isCrowded(): boolean {
    const { inFlight, callee } = this.#deps;
    const { count, bytes, waiting } = this.#held;
    const room = callee()?.circuit === "half-open" ? 1 : this.#window;
    const isFull = count >= room || bytes > WINDOW_BYTES_MAX || inFlight.isFull;
    return isFull && 2 * waiting >= count;
  }

  /** Whether one call tries if the function works again. */
  get #isTesting(): boolean {
    return this.#running > 0 && this.#deps.callee()?.circuit === "half-open";
  }

  #take(): EndedBatch<BatchedMessage> | undefined {
    const ready = this.#open.takeReady(this.#deps.nowMs());
    return ready ?? (this.#isCrowded ? this.#open.takeOldest() : undefined);
  }

  /** Never rejects. */
  async #call({ items, end }: EndedBatch<BatchedMessage>, callee: Callee): Promise<void> {
    this.#running += 1;
    const called = this.#held.take(items);
    if (called.length > 0) await this.#held.settle(called, this.#deps.batches.deliver(called, end, callee.call));
    this.#running -= 1;
    callee.leave();
    this.#begin();
  }

  #giveBack(batch: EndedBatch<BatchedMessage> | undefined): void {
    const left = this.#held.take(batch?.items ?? []);
    if (left.length === 0) return;
    const storing = this.#deps.giveBack(left.map(({ message }) => message));
    const ended = left.map(() => storing);
    void this.#held.settle(left, ended);
  }

  /** Grows while all that is held waits for more, and shrinks where it is too long together. */
  #resize(): void {
    const { count: messages, bytes } = this.#held;
    const isLong = bytes > WINDOW_BYTES_MAX;
    if (isLong && this.#isShrunk) return;
    this.#isShrunk = isLong;
    const isStarving = !this.#open.isReady(this.#deps.nowMs());
    const next = nextWindow(this.#window, { messages, bytes, isStarving }, HELD_MAX);
    if (next === this.#window) return;
    this.#window = next;
    this.#deps.onWindow();
  }
}
