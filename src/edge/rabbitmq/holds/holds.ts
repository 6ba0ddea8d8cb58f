import { HEADER } from "../../../domain/delivery/headers.ts";
import type { Message } from "../../../domain/queue/message.ts";
import type {
  DeleteOutcome,
  GetOptions,
  HeldMessage,
  HideOutcome,
  HoldCounts,
  QueueHolds,
} from "../../../ports/broker/holds.ts";
import { HoldLimitError, INVISIBLE_MS_MAX } from "../../../ports/broker/holds.ts";
import type { Browsing } from "../../../ports/broker/inspector.ts";
import { NotConnectedError } from "../connection/connection.ts";
import { browseQueue } from "../inspecting/browse.ts";
import { purge } from "../inspecting/inspect.ts";
import { requireBrowsable } from "../inspecting/queue-refusal.ts";
import type { AddressedHoldChange } from "./routers/change-everywhere.ts";
import { changeEverywhere, changeOf } from "./routers/change-everywhere.ts";
import { DelayedCounts } from "./book/delayed-counts.ts";
import { DeletedBefore } from "./routers/deleted-before.ts";
import { DeletedMessages } from "./routers/deleted-messages.ts";
import { HoldBook } from "./book/hold-book.ts";
import { receiveOf } from "./book/receipt.ts";
import { HOLDS_MAX } from "./receiving/hold-channels.ts";
import type { HoldChange, ChangeOutcome } from "./routers/hold-messages.ts";
import { decodeHoldMessage } from "./routers/hold-messages.ts";
import { HeldQueue } from "./moved/held-queue.ts";
import type { OpenHolding, HoldingOptions } from "./holding.ts";
import { openHolding } from "./holding.ts";
import { settleHeld } from "./book/settling.ts";
import { withoutDeleted } from "./routers/undeleted.ts";

/**
 * Messages that routers hold unacked, each on the one that received it, for some minutes. What is invisible for longer waits
 * in `busbar.sqs.held`. The first receive connects.
 */
export class RabbitMqHolds implements QueueHolds {
  readonly invisibleMsMax = INVISIBLE_MS_MAX;
  readonly countsOfOneRouter = true;
  readonly #options: HoldingOptions;
  readonly #book: HoldBook;
  readonly #moved = new HoldBook(() => undefined);
  readonly #heldQueue: HeldQueue;
  readonly #delayed = new DelayedCounts();
  readonly #deleted: DeletedMessages;
  readonly #deletedBefore: DeletedBefore;
  readonly #inFlightOfFifo: () => ReadonlyMap<string, number>;
  #holding: Promise<OpenHolding> | undefined;

  /** @param inFlightOfFifo counts what is in flight in FIFO queues, which are elsewhere. */
  constructor(options: HoldingOptions, inFlightOfFifo: () => ReadonlyMap<string, number> = () => new Map()) {
    this.#options = options;
    this.#inFlightOfFifo = inFlightOfFifo;
    const { publish, events } = options;
    this.#book = new HoldBook((queue, count, reason) => events.visibleAgain(queue, count, reason));
    const books = [this.#book, this.#moved];
    this.#deleted = new DeletedMessages(books, publish, (...cleared) => this.#delayed.clear(...cleared));
    this.#heldQueue = new HeldQueue(options, this.#book, this.#moved, (message) => this.#deleted.has(message));
    this.#deletedBefore = new DeletedBefore({
      deleted: this.#deleted,
      publish,
      address: options.address,
      consumers: () => this.#heldQueue.consumers,
      consumersOfAll: () => this.#heldQueue.consumersOfAll(),
    });
  }

  /** Takes a share of the messages that wait. */
  start(): Promise<void> {
    return this.#heldQueue.start();
  }

  /** To be called with everything that comes from routers. */
  hear(body: Buffer): void {
    const message = decodeHoldMessage(body);
    if (message === undefined) return;
    this.#deleted.hear(message);
    this.#deletedBefore.hear(message);
    this.#heldQueue.hear(message);
  }

  /** To be called when a message was stored with a delay. */
  delayed(queue: string, delayMs: number): void {
    const { topology, clock } = this.#options;
    const nowMs = clock();
    if (topology.find(queue)?.owner === "user") this.#delayed.add(queue, 1, nowMs + delayMs, nowMs);
  }

  /** What is held waits in `busbar.sqs.held`; what could not move is visible again. */
  async close(): Promise<void> {
    await this.#heldQueue.end();
    await (await this.#holding)?.close();
  }

  async getMany(queue: string, options: GetOptions): Promise<readonly HeldMessage[] | undefined> {
    const { limit, invisibleMs } = options;
    if (invisibleMs > INVISIBLE_MS_MAX)
      throw new RangeError(`invisibleMs must be 0..${INVISIBLE_MS_MAX}, got ${invisibleMs}`);
    if (this.#book.size + this.#moved.size + limit > HOLDS_MAX) throw new HoldLimitError(HOLDS_MAX);
    const { ready, first, session, bells, receiver } = await this.#open();
    await this.#deletedBefore.known();
    const counted = await ready.of(queue);
    if (counted === undefined) return undefined;
    // A stream may count its messages late.
    const count = counted === 0 && !(await first.isKnown(queue)) ? 1 : counted;
    if (session.id === undefined) throw new NotConnectedError();
    return await receiver.receive(queue, session.id, options, bells.take(queue, limit), count);
  }

  async bell(queue: string, signal: AbortSignal): Promise<boolean> {
    const { ready, first, bells } = await this.#open();
    if ((await ready.of(queue)) === undefined || signal.aborted) return false;
    // A receive says whether the queue can be received from at all.
    return !(await first.isKnown(queue)) || (await bells.wait(queue, signal));
  }

  async delete(queue: string, receipts: readonly string[]): Promise<readonly DeleteOutcome[]> {
    const changes = receipts.map((receipt) => changeOf(queue, receipt, undefined));
    const known = changes.filter((change) => change !== undefined);
    const outcomes = await this.#change(known);
    // A receipt deletes although its time is over: whoever has the message, or receives it.
    const missed = known.filter((_, index) => outcomes[index] !== "deleted").map(({ fingerprint }) => fingerprint);
    await this.#deleted.add([...new Set(missed)]);
    return changes.map((change) => (change === undefined ? "malformed" : "deleted"));
  }

  async hide(
    queue: string,
    asked: readonly { readonly receipt: string; readonly invisibleMs: number }[],
  ): Promise<readonly HideOutcome[]> {
    const changes = asked.map(({ receipt, invisibleMs }) => changeOf(queue, receipt, invisibleMs));
    const outcomes = [...(await this.#hide(changes.filter((change) => change !== undefined)))];
    return changes.map((change) => {
      if (change === undefined) return "malformed";
      const outcome = outcomes.shift();
      return outcome === "changed" || outcome === "too-long" ? outcome : "gone";
    });
  }

  requireBrowsable(queue: string): void {
    requireBrowsable(queue);
  }

  /** As the broker's: what was deleted while no router held it is not met. @throws QueueRefusedError */
  async browse(queue: string): Promise<Browsing> {
    await this.#deletedBefore.known().catch(() => undefined);
    return withoutDeleted(await browseQueue(this.#options.server, queue), queue, this.#deleted);
  }

  async counts(queue: string): Promise<HoldCounts | undefined> {
    const visible = await (await this.#open()).ready.of(queue);
    if (visible === undefined) return undefined;
    const delayed = this.#delayed.count(queue, this.#options.clock());
    return { visible, invisible: this.#count(queue), delayed };
  }

  /** To see a message is to receive it, which RabbitMQ counts. */
  oldestSentAtMs(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  inFlight(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map([...this.#book.counts(), ...this.#inFlightOfFifo()]);
    for (const [queue, count] of this.#moved.counts()) counts.set(queue, count + (counts.get(queue) ?? 0));
    return Promise.resolve(counts);
  }

  async clear(queue: string): Promise<number> {
    const held = this.#count(queue);
    await this.#purge(queue);
    return held + (await purge(this.#options.server, queue));
  }

  /** Deletes what was sent before and is in the hands of routers, or comes later. */
  async drop(queue: string): Promise<void> {
    await this.#purge(queue);
  }

  clearedAgoMs(queue: string): number | undefined {
    return this.#deleted.purgedAgoMs(queue);
  }

  /**
   * A message of the SQS API as it is to be stored. What is sent after a purge says so, also where the sender's clock is behind
   * the one of the router that purged: it would count as sent before.
   */
  stamped(message: Message): Message {
    const purgedBeforeMs = this.#deleted.purgedBeforeMs(message.queue) ?? 0;
    const sentAtMs = message.headers[HEADER.sentAt];
    if (typeof sentAtMs !== "number" || sentAtMs >= purgedBeforeMs) return message;
    return { ...message, headers: { ...message.headers, [HEADER.sentAt]: purgedBeforeMs } };
  }

  async expire(queue: string, retentionMs: number): Promise<number> {
    const sentBeforeMs = this.#options.clock() - retentionMs + 1;
    const held = this.#count(queue);
    await this.#deleted.clear(queue, sentBeforeMs);
    const gone = held - this.#count(queue);
    return gone + (await (await this.#open()).expiring.deleteOldest(queue, sentBeforeMs));
  }

  async #purge(queue: string): Promise<void> {
    await this.#deleted.purge(queue, this.#options.clock());
    (await this.#holding)?.expiring.forget(queue);
  }

  /** How many messages of a queue this router has in hand. */
  #count(queue: string): number {
    return this.#book.count(queue) + this.#moved.count(queue);
  }

  /** What nobody holds may have moved. */
  async #hide(changes: readonly AddressedHoldChange[]): Promise<readonly ChangeOutcome[]> {
    const outcomes = await this.#change(changes);
    const nowMs = this.#options.clock();
    const left = changes
      .filter(({ fingerprint }, index) => outcomes[index] === "gone" && !this.#deleted.isBuried(fingerprint))
      .map(({ fingerprint, invisibleMs = 0, ...receipt }) => {
        const receivedAs = receiveOf(receipt);
        return { fingerprint, visibleAtMs: nowMs + invisibleMs, askedAtMs: nowMs, receivedAs };
      });
    const asked = await this.#heldQueue.hide(left);
    const ofMoved = new Map(left.map(({ fingerprint }, index) => [fingerprint, asked[index]]));
    return changes.map(({ fingerprint }, index) => ofMoved.get(fingerprint) ?? outcomes[index] ?? "gone");
  }

  async #change(changes: readonly AddressedHoldChange[]): Promise<readonly ChangeOutcome[]> {
    const { session } = await this.#open();
    return await changeEverywhere(changes, session, this.#book, (held) => this.#settleHere(held));
  }

  async #settleHere(changes: readonly HoldChange[]): Promise<readonly ChangeOutcome[]> {
    await this.#heldQueue.settled(changes.map(({ fingerprint }) => fingerprint));
    return await settleHeld(this.#book, changes);
  }

  #open(): Promise<OpenHolding> {
    if (this.#holding !== undefined) return this.#holding;
    this.#heldQueue.startMoving();
    this.#holding = openHolding(
      this.#options,
      this.#book,
      (candidate) => this.#deleted.has(candidate),
      (changes) => this.#settleHere(changes),
    );
    return this.#holding;
  }
}
