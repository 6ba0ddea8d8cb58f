import { randomInt } from "node:crypto";
import type { Message } from "../../../domain/queue/message.ts";
import type {
  AcceptedMessage,
  FifoDeleteOutcome,
  FifoGetOptions,
  FifoQueues,
} from "../../../ports/broker/fifo-queues.ts";
import type { HeldMessage, HideOutcome, HoldCounts } from "../../../ports/broker/holds.ts";
import { INVISIBLE_MS_MAX } from "../../../ports/broker/holds.ts";
import { decodeReceipt } from "../holds/book/receipt.ts";
import { purge } from "../inspecting/inspect.ts";
import { requireBrowsable } from "../inspecting/queue-refusal.ts";
import type { OpenFifo } from "./open-fifo.ts";
import { openFifo } from "./open-fifo.ts";
import type { OpenFifoOptions } from "./open-fifo-options.ts";
import type { FifoChange, FifoChangeOutcome } from "./owner/owner-work.ts";
import type { FifoAnswer } from "./routers/fifo-messages.ts";
import { heldOf } from "./routers/held.ts";
import { itemSlices } from "./routers/router-news.ts";
import { FifoSender } from "./sending/fifo-sender.ts";
import { SequenceClock } from "./sending/sequence-clock.ts";

/** How long a bell sleeps where nobody is known to own the queue. */
const NO_OWNER_MS = 1_000;

/** FIFO queues on RabbitMQ: each has one router that owns it, whom the others ask (docs/adr/0088-one-router-owns-a-fifo-queue-on-rabbitmq.md). */
export class RabbitMqFifoQueues implements FifoQueues {
  readonly invisibleMsMax = INVISIBLE_MS_MAX;
  readonly countsOfOneRouter = false;
  readonly #options: OpenFifoOptions;
  readonly #sender: FifoSender;
  #opening: Promise<OpenFifo> | undefined;
  #fifo: OpenFifo | undefined;

  constructor(options: OpenFifoOptions) {
    this.#options = options;
    const { clock, publish } = options;
    this.#sender = new FifoSender({
      sequence: new SequenceClock(clock, randomInt(1_000)),
      publish,
      stored: async (records) => (await this.#open()).news.mentionSent(records),
      clock,
    });
  }

  /** To be called where there may be FIFO queues: a router that may own one some day hears from now on what owners tell. */
  begin(): void {
    void this.#open().catch((error: unknown) => this.#options.events.fault("FIFO queues cannot be opened", error));
  }

  /** To be called with every broadcast. */
  hear(body: Buffer): void {
    this.#fifo?.news.hear(body);
  }

  /** This router does not have the queue any more. */
  forget(queue: string): void {
    void this.#fifo?.leave(queue);
  }

  /** What it had does not count as sent in a queue of the same name. */
  async drop(queue: string): Promise<void> {
    const fifo = await this.#open();
    await fifo.clear(queue, this.#options.clock());
    await fifo.leave(queue);
  }

  async close(): Promise<void> {
    await (await this.#opening?.catch(() => undefined))?.close();
  }

  /** As a message is published by those who do not wait for its number. */
  stamped(message: Message, delayMs: number): Message {
    return this.#sender.stamped(message, delayMs);
  }

  send(
    messages: readonly Message[],
    { delayMs = 0 }: { readonly delayMs?: number } = {},
  ): Promise<readonly (AcceptedMessage | undefined)[]> {
    return this.#sender.send(messages, delayMs);
  }

  async getMany(queue: string, { redrive, ...options }: FifoGetOptions): Promise<readonly HeldMessage[] | undefined> {
    if (options.invisibleMs > INVISIBLE_MS_MAX)
      throw new RangeError(`invisibleMs must be 0..${INVISIBLE_MS_MAX}, got ${options.invisibleMs}`);
    const fifo = await this.#open();
    if ((await fifo.waiting(queue)) === undefined) return undefined;
    const redriving = redrive === undefined ? {} : { redrive };
    const answer = await fifo.questions.ask({ do: "receive", queue, ...options, ...redriving });
    return answer?.is === "received" ? answer.messages.map((held) => heldOf(queue, held)) : [];
  }

  async bell(queue: string, signal: AbortSignal): Promise<boolean> {
    const fifo = await this.#open();
    if ((await fifo.waiting(queue)) === undefined) return false;
    const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
    const abort = (): void => resolve(undefined);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      while (!isAborted(signal) && fifo.has(queue)) {
        const answer = await Promise.race([fifo.questions.ask({ do: "wait", queue }), aborted]);
        if (answer?.is === "available" && answer.available) return !isAborted(signal);
        if (answer === undefined) await Promise.race([fifo.questions.ownerChange(queue, NO_OWNER_MS), aborted]);
      }
      return false;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async delete(queue: string, receipts: readonly string[]): Promise<readonly FifoDeleteOutcome[]> {
    const outcomes = await this.#change(
      queue,
      receipts.map((receipt) => ({ receipt, invisibleMs: undefined })),
    );
    return outcomes.map((outcome) => (outcome === "malformed" || outcome === "expired" ? outcome : "deleted"));
  }

  async hide(
    queue: string,
    changes: readonly { readonly receipt: string; readonly invisibleMs: number }[],
  ): Promise<readonly HideOutcome[]> {
    const outcomes = await this.#change(queue, changes);
    return outcomes.map((outcome) =>
      outcome === "changed" || outcome === "too-long" || outcome === "malformed" ? outcome : "gone",
    );
  }

  requireBrowsable(queue: string): void {
    requireBrowsable(queue);
  }

  async counts(queue: string): Promise<HoldCounts | undefined> {
    const waiting = await (await this.#open()).waiting(queue);
    if (waiting === undefined) return undefined;
    const counted = await this.#count(queue);
    if (counted === undefined) return { visible: waiting, invisible: 0, delayed: 0 };
    const { visible, invisible, delayed } = counted;
    return { visible: visible + waiting, invisible, delayed };
  }

  async oldestSentAtMs(queue: string): Promise<number | undefined> {
    return (await this.#count(queue))?.oldestSentAtMs;
  }

  /** Of the queues that this router owns. */
  inFlight(): ReadonlyMap<string, number> {
    const owned = this.#fifo?.places.owned ?? [];
    return new Map(owned.map(([queue, { work }]) => [queue, work.counts().invisible]));
  }

  async clear(queue: string): Promise<number> {
    const fifo = await this.#open();
    const counts = await this.counts(queue);
    await fifo.clear(queue, this.#options.clock());
    await purge(this.#options.server, queue);
    return counts === undefined ? 0 : counts.visible + counts.invisible + counts.delayed;
  }

  clearedAgoMs(queue: string): number | undefined {
    const atMs = this.#sender.clearedAtMs(queue);
    return atMs === 0 ? undefined : Math.max(0, this.#options.clock() - atMs);
  }

  /** Each router deletes from what it owns. */
  async expire(queue: string, retentionMs: number): Promise<number> {
    const { owned, work } = (await this.#open()).places.come(queue);
    return owned.isOwner ? await work.expire(retentionMs) : 0;
  }

  async #count(queue: string): Promise<Extract<FifoAnswer, { readonly is: "counted" }> | undefined> {
    const answer = await (await this.#open()).questions.ask({ do: "count", queue });
    return answer?.is === "counted" ? answer : undefined;
  }

  async #change(
    queue: string,
    asked: readonly { readonly receipt: string; readonly invisibleMs: number | undefined }[],
  ): Promise<readonly (FifoChangeOutcome | "malformed")[]> {
    const changes = asked.map(({ receipt, invisibleMs }): FifoChange | undefined => {
      const read = decodeReceipt(queue, receipt);
      return read && { key: read.fingerprint, receives: read.number, session: read.session, invisibleMs };
    });
    const outcomes: FifoChangeOutcome[] = [];
    for (const slice of itemSlices(changes.filter((change) => change !== undefined)))
      outcomes.push(...(await this.#changeAtOwner(queue, slice)));
    return changes.map((change) => (change === undefined ? "malformed" : (outcomes.shift() ?? "gone")));
  }

  /** Without an owner what is deleted is in the log, where whoever comes to own the queue reads it. */
  async #changeAtOwner(queue: string, changes: readonly FifoChange[]): Promise<readonly FifoChangeOutcome[]> {
    const fifo = await this.#open();
    const answer = await fifo.questions.ask({ do: "change", queue, changes: [...changes] });
    if (answer?.is === "changed") return answer.outcomes;
    if (changes.every(({ invisibleMs }) => invisibleMs === undefined)) return await fifo.bury(queue, changes);
    throw new Error(`FIFO queue "${queue}" has no owner now that could change how long messages are invisible`);
  }

  /** Connects once. A failure is nobody's but that call's. */
  #open(): Promise<OpenFifo> {
    this.#opening ??= openFifo(this.#options, {
      sent: (record) => this.#sender.heard(record),
      cleared: (queue, atMs) => this.#sender.clear(queue, atMs),
    }).then(
      (fifo) => (this.#fifo = fifo),
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }
}

/** It may have fired meanwhile. */
function isAborted({ aborted }: AbortSignal): boolean {
  return aborted;
}
