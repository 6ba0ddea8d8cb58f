import type { MappingOf, QueueSource } from "../../domain/mapping/mapping.ts";
import { BATCH_BYTES_MAX } from "../../domain/mapping/mapping.ts";
import type { QueueConfig } from "../../domain/queue/queue-config.ts";
import { queueSetting } from "../../domain/queue/queue-config.ts";
import type { HeldMessage } from "../../ports/broker/holds.ts";
import type { MessageQueues, ReceiveRefusal } from "../../ports/message-queues.ts";
import type { MappingObserver } from "../../ports/observer.ts";
import type { Batch } from "../../collections/batcher.ts";
import { Batcher } from "../../collections/batcher.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import { fitsFilters } from "./records/fits-filters.ts";
import type { RecordForm, RecordFormDeps } from "./records/record-form.ts";
import { recordFormOf } from "./records/record-form.ts";

/** What is left of a batch's bytes for what stands around its records. */
const AROUND_BYTES = 1_024;
/** How long to wait for a queue that cannot say when it has something. */
const RETRY_MS = 1_000;

/** A record in hand. */
export interface QueueRecord {
  readonly id: string;
  readonly receipt: string;
  /** What the function is shown of it, JSON text. */
  readonly json: string;
}

export interface BatchReaderDeps extends RecordFormDeps {
  readonly queues: Pick<MessageQueues, "receive" | "ready" | "hide" | "delete">;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly inFlight: Pick<InFlightBytes, "take" | "release">;
  readonly observer: Pick<MappingObserver, "mappingRead">;
  readonly nowMs: () => number;
}

/** What a reader reads, and how. */
export interface BatchReaderOptions {
  readonly mapping: MappingOf<QueueSource>;
  readonly queue: QueueConfig;
  /** How long the function may take with a batch. */
  readonly timeoutSeconds: number;
}

/**
 * Collects batches of a queue's messages. What it has handed out, or has in hand, is invisible to everybody else, and
 * counts to the router's bytes in flight until it is released.
 */
export class BatchReader {
  readonly #deps: BatchReaderDeps;
  readonly #options: BatchReaderOptions;
  readonly #batcher: Batcher<QueueRecord>;
  readonly #form: RecordForm;
  readonly #complete: Batch<QueueRecord>[] = [];

  constructor(options: BatchReaderOptions, deps: BatchReaderDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#form = recordFormOf(options.mapping, deps);
    const { batchSize: itemsMax } = options.mapping;
    const bytesMax = BATCH_BYTES_MAX - AROUND_BYTES;
    this.#batcher = new Batcher({ itemsMax, bytesMax, windowMs: this.#windowMs });
  }

  /** For how long a message that it receives is invisible. */
  get visibilityMs(): number {
    return queueSetting(this.#options.queue, "visibilityTimeoutSeconds") * 1_000;
  }

  /** Until when a call must have begun that is to end before its first record is visible again. */
  latestStartMs({ sinceMs }: Batch<QueueRecord>): number {
    return sinceMs + this.visibilityMs - this.#options.timeoutSeconds * 1_000;
  }

  /**
   * The next batch: with a window once that is over, and otherwise what is there now.
   *
   * @returns undefined when there is nothing, or the signal has fired: what was collected has been given back by then.
   */
  async next(signal: AbortSignal): Promise<Batch<QueueRecord> | ReceiveRefusal | undefined> {
    for (;;) {
      const batch = this.#complete.shift() ?? this.#batcher.due(this.#deps.nowMs());
      if (batch !== undefined) return batch;
      if (signal.aborted) {
        await this.giveBackCollected();
        return undefined;
      }
      const received = await this.#receive(signal);
      if (typeof received === "string") return received;
      if (received === 0 && this.#batcher.isEmpty) return undefined;
    }
  }

  /** Makes what was collected for the next batch visible again. */
  async giveBackCollected(): Promise<void> {
    const collected = this.#batcher.take();
    for (const batch of [...this.#complete.splice(0), ...(collected === undefined ? [] : [collected])]) {
      await this.giveBack(batch);
    }
  }

  /** Makes a batch that nobody was called with visible again. */
  async giveBack(batch: Batch<QueueRecord>): Promise<void> {
    this.release(batch);
    const changes = batch.items.map(({ receipt }) => ({ receipt, invisibleMs: 0 }));
    await this.#deps.queues.hide(this.#options.queue, changes);
  }

  /** The event that a function is called with. JSON in UTF-8. */
  eventOf({ items }: Batch<QueueRecord>): Buffer {
    return Buffer.from(this.#form.event(items.map(({ json }) => json)));
  }

  /** A batch is done with. */
  release({ bytes }: Batch<QueueRecord>): void {
    this.#deps.inFlight.release(bytes);
  }

  /** A window that lasts longer than a message is invisible would collect the same ones again and again. */
  get #windowMs(): number {
    const { mapping, timeoutSeconds } = this.#options;
    const usableMs = Math.max(0, this.visibilityMs - timeoutSeconds * 1_000);
    return Math.min(mapping.batchWindowSeconds * 1_000, usableMs);
  }

  /** Receives what the batch has room for. */
  async #receive(signal: AbortSignal): Promise<number | ReceiveRefusal> {
    const { mapping, queue } = this.#options;
    if (!(await this.#isWorthAsking(signal))) return 0;
    const received = await this.#deps.queues.receive(queue, {
      share: `mapping ${mapping.name}`,
      limit: this.#batcher.room,
      waitSeconds: 0,
      visibilityTimeoutSeconds: this.visibilityMs / 1_000,
      signal,
      onWait: () => undefined,
    });
    if (typeof received === "string") return received;
    const { messages } = received;
    const unwanted = messages.filter((held) => !this.#add(held)).map(({ receipt }) => receipt);
    received.release();
    if (messages.length > 0) {
      this.#deps.observer.mappingRead({ mapping: mapping.name, records: messages.length, filtered: unwanted.length });
    }
    if (queue.fifo === true) await this.#keepOneBatch();
    if (unwanted.length > 0) await this.#deps.queues.delete(queue, unwanted);
    return messages.length;
  }

  /** What came with the first batch of a FIFO queue's receive and has no room in it may have to wait for it. */
  async #keepOneBatch(): Promise<void> {
    const first = this.#complete.shift();
    if (first === undefined) return;
    await this.giveBackCollected();
    this.#complete.push(first);
  }

  /** Where something is collected already, waits for more until the window is over. */
  async #isWorthAsking(signal: AbortSignal): Promise<boolean> {
    const { dueAtMs } = this.#batcher;
    if (dueAtMs === undefined) return true;
    const { queues, nowMs, sleep } = this.#deps;
    const over = AbortSignal.timeout(Math.max(0, Math.ceil(dueAtMs - nowMs())));
    const ending = AbortSignal.any([signal, over]);
    if (await queues.ready(this.#options.queue, ending)) return true;
    if (!ending.aborted) await sleep(RETRY_MS, ending).catch(() => undefined);
    return false;
  }

  /** @returns false for a message that fits no filter. */
  #add(held: HeldMessage): boolean {
    const { inFlight, nowMs } = this.#deps;
    const record = this.#form.record(held);
    const { filters } = this.#options.mapping;
    if (filters.length > 0 && !fitsFilters(this.#form.filterable(record, held), filters)) return false;
    const json = JSON.stringify(record);
    // One more for the comma before it.
    const bytes = Buffer.byteLength(json) + 1;
    inFlight.take(bytes);
    this.#complete.push(...this.#batcher.add({ id: held.message.id, receipt: held.receipt, json }, bytes, nowMs()));
    return true;
  }
}
