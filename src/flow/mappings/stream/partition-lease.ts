import type { Received } from "../../../domain/queue/message.ts";
import { declarationOf } from "../../../domain/queue/queues.ts";
import type { Consumer, Consumers } from "../../../ports/broker/consumer.ts";
import type { QueueCounts } from "../../../ports/broker/inspector.ts";
import type { Publisher } from "../../../ports/broker/publisher.ts";
import type { StreamStart } from "../../../ports/broker/streams.ts";
import { LatestInHand } from "../../store/latest-in-hand.ts";
import { storeUntilConfirmed } from "../../store/until-confirmed.ts";
import type { Checkpoint, ProgressMark } from "./checkpoint-message.ts";
import { checkpointCountsOver, checkpointMessage, readCheckpoint } from "./checkpoint-message.ts";

/** The checkpoint in hand, the next one, and one that somebody else left. */
const IN_HAND_MAX = 4;

export interface LeaseDeps {
  readonly broker: Publisher & Consumers & QueueCounts;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Fires at the very end of a stop: what is not stored by then is left to the broker. */
  readonly leave: AbortSignal;
  readonly onError: (where: string, error: unknown) => void;
}

/**
 * The right to read a partition, over all routers, and where its reading goes on: one message in a queue with a single active
 * consumer. Who holds it reads. It stores the next checkpoint, and only then lets go of the former one: when it dies at any
 * point, the next router has the latest that was confirmed.
 */
export class PartitionLease {
  readonly #queue: string;
  readonly #deps: LeaseDeps;
  readonly #writer: string;
  readonly #hand: LatestInHand<Checkpoint>;
  #consumer: Consumer | undefined;
  #sequence = 0;
  #isStopping = false;

  /** @param onChange called when a checkpoint has come or gone. */
  constructor(queue: string, deps: LeaseDeps, onChange: () => void) {
    this.#queue = queue;
    this.#deps = deps;
    this.#writer = deps.newId();
    this.#hand = new LatestInHand(checkpointCountsOver, onChange);
  }

  /** The checkpoint in hand, and a signal that fires when it is this router's no more. */
  get held() {
    return this.#hand.held;
  }

  /** Whether a checkpoint was stored here, while this router held the one before. */
  isOwn({ writer }: Checkpoint): boolean {
    return writer === this.#writer;
  }

  /**
   * Waits for the lease from now on.
   *
   * @param from where the reading begins if nobody has begun it.
   * @param stopping ends the joining. From then on the queue is not made any more: it may be deleted with its mapping.
   * @throws the reason of `stopping`
   */
  async join(from: () => Promise<StreamStart>, stopping: AbortSignal): Promise<void> {
    const { broker, nowMs } = this.#deps;
    // In a queue that was not there, no checkpoint can be on its way back from a router that died.
    const isFirst = (await broker.depth(this.#queue)) === undefined;
    const seed = { atMs: nowMs(), isFirst };
    const start = await from();
    stopping.throwIfAborted();
    await broker.declare([declarationOf(this.#queue)]);
    await this.#publish({ sequence: 0, writer: "", from: start, seed }, this.#deps.leave);
    this.#consumer = await broker.consume(this.#queue, IN_HAND_MAX, (message, lost) => this.#take(message, lost));
  }

  /** Stores the next checkpoint. @throws when `leave` fires. */
  async store({ from, window }: ProgressMark, leave: AbortSignal): Promise<void> {
    this.#sequence = Math.max(this.#sequence, this.held?.value.sequence ?? 0) + 1;
    await this.#publish({ sequence: this.#sequence, writer: this.#writer, from, window }, leave);
  }

  /** Gives the lease to the next router. */
  async stop(last: ProgressMark | undefined): Promise<void> {
    this.#isStopping = true;
    const stopped = this.#consumer?.stop();
    if (this.held !== undefined) {
      // Stored anew and then acked: the next router gets it at once, and it does not count as crashed.
      const isStored = last !== undefined && (await this.#isThere()) && (await this.#isStored(last));
      this.#hand.letGo(isStored);
    }
    await stopped;
  }

  /** A queue that was deleted with its mapping while a call went on: to store a checkpoint would make it again, for nobody. */
  async #isThere(): Promise<boolean> {
    return await this.#deps.broker.depth(this.#queue).then(
      (depth) => depth !== undefined,
      () => true,
    );
  }

  async #isStored(last: ProgressMark): Promise<boolean> {
    return await this.store(last, this.#deps.leave).then(
      () => true,
      () => false,
    );
  }

  #take(message: Received, lost: AbortSignal): Promise<void> {
    // The last checkpoint is for the next router, and may come while this one is still there.
    if (this.#isStopping) return Promise.reject(new Error("the router stops, and another one goes on"));
    const value = readCheckpoint(message);
    if (value !== undefined) return this.#hand.take(value, this.#deps.nowMs(), lost);
    this.#deps.onError(this.#queue, new Error(`message "${message.id}" in ${this.#queue} is no checkpoint`));
    return Promise.resolve();
  }

  #publish(value: Checkpoint, leave: AbortSignal): Promise<void> {
    const messages = [checkpointMessage(this.#queue, this.#deps.newId(), value)];
    const onDelay = (error: unknown): void => this.#deps.onError(this.#queue, error);
    return storeUntilConfirmed({ messages, leave, onDelay }, this.#deps);
  }
}
