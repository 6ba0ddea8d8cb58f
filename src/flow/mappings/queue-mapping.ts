import { Ongoing } from "../../async/ongoing.ts";
import { Slots } from "../../async/slots.ts";
import type { MappingObserver } from "../../ports/observer.ts";
import type { Batch } from "../../collections/batcher.ts";
import type { Callee } from "../functions/callee.ts";
import type { BatchCallDeps } from "./batch-call.ts";
import { callWithBatch } from "./batch-call.ts";
import { CallLimit } from "./call-limit.ts";
import { Gate } from "./gate.ts";
import type { BatchReaderDeps, BatchReaderOptions, QueueRecord } from "./batch-reader.ts";
import { BatchReader } from "./batch-reader.ts";

/** How long to wait for a free slot of the function before asking whether it is still to be read. */
const ENTER_MS = 60_000;
/** How long to wait after something went wrong, or while the queue cannot be received from. */
const RETRY_MS = 1_000;

export interface QueueMappingDeps extends BatchReaderDeps, BatchCallDeps {
  readonly queues: BatchReaderDeps["queues"];
  readonly observer: MappingObserver;
  /** The function; undefined while it cannot be called here. */
  readonly callee: () => Callee | undefined;
  /** How many routers run, this one included. */
  readonly liveRouters: () => number;
  readonly onError: (where: string, error: unknown) => void;
}

/** The right to make one call of the function. */
interface Permit {
  readonly callee: Callee;
  readonly leave: () => void;
}

/**
 * Reads a queue on this router, and calls the mapping's function with what it reads.
 *
 * Nothing is received while the function cannot be called, or has no free slot: a message that nobody was called with would
 * have used up one of its receives. What a call succeeded for is deleted; what failed is left invisible until its time is
 * over, and comes again. A router that dies leaves the same behind.
 */
export class QueueMapping {
  readonly #options: BatchReaderOptions;
  readonly #deps: QueueMappingDeps;
  readonly #reader: BatchReader;
  readonly #gate = new Gate(() => this.#deps.callee()?.mayBeCalled === true);
  readonly #stopping = new AbortController();
  readonly #limit: CallLimit;
  readonly #slots = new Slots(() => this.#limit.current);
  readonly #calls = new Ongoing();
  #reading: Promise<void> = Promise.resolve();
  /** Whether the queue is likely to have more: it had something the last time. */
  #isLikely = true;

  constructor(options: BatchReaderOptions, deps: QueueMappingDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#reader = new BatchReader(options, deps);
    const { maximumConcurrency } = options.mapping;
    this.#limit = new CallLimit({ ...deps, maximumConcurrency });
  }

  start(): void {
    this.#gate.apply();
    this.#reading = this.#read();
  }

  /** To be called when the function may be called, or must not be called, by now. */
  apply(): void {
    this.#gate.apply();
    this.#slots.serve();
  }

  /** Reads no more, gives back what was collected, and waits for the calls in flight. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#gate.end();
    await this.#reading;
    await this.#calls.ended();
  }

  async #read(): Promise<void> {
    for (let open = await this.#gate.pass(); open !== undefined; open = await this.#gate.pass()) {
      await this.#turn(open).catch((error: unknown) => this.#failed(error));
    }
    await this.#reader.giveBackCollected().catch((error: unknown) => this.#report(error));
  }

  /** Reads one batch and begins its call. */
  async #turn(open: AbortSignal): Promise<void> {
    // A call must be possible before anything is waited for: what rings a bell may be in hand by then.
    const permit = await this.#enter(ENTER_MS, open);
    if (permit === undefined) return;
    if (this.#isLikely) return this.#readWith(permit, open);
    permit.leave();
    this.#isLikely = await this.#deps.queues.ready(this.#options.queue, open);
    if (!this.#isLikely && !open.aborted) await this.#wait();
  }

  async #readWith(permit: Permit, open: AbortSignal): Promise<void> {
    let isUsed = false;
    try {
      // A window may last for minutes: others call the function meanwhile.
      const hasWindow = this.#options.mapping.batchWindowSeconds > 0;
      if (hasWindow) permit.leave();
      isUsed = hasWindow;
      const batch = await this.#reader.next(open);
      if (typeof batch === "string") return await this.#wait();
      this.#isLikely = batch !== undefined;
      if (batch === undefined) return;
      const next = hasWindow ? await this.#enterWith(batch, open) : permit;
      isUsed = true;
      if (next === undefined) await this.#reader.giveBack(batch);
      else void this.#call(batch, next);
    } finally {
      if (!isUsed) permit.leave();
    }
  }

  async #enterWith(batch: Batch<QueueRecord>, open: AbortSignal): Promise<Permit | undefined> {
    return await this.#enter(Math.max(0, this.#reader.latestStartMs(batch) - this.#deps.nowMs()), open);
  }

  async #enter(waitMs: number, open: AbortSignal): Promise<Permit | undefined> {
    if (!(await this.#slots.take(open))) return undefined;
    const callee = this.#deps.callee();
    if (callee !== undefined && (callee.tryEnter() || (await callee.enter(waitMs, open)))) {
      const leave = (): void => {
        callee.leave();
        this.#slots.release();
      };
      return { callee, leave };
    }
    this.#slots.release();
    return undefined;
  }

  /** Never rejects. */
  async #call(batch: Batch<QueueRecord>, { callee, leave }: Permit): Promise<void> {
    this.#calls.begin();
    try {
      const [reader, stopping] = [this.#reader, this.#stopping.signal];
      const outcome = await callWithBatch({ ...this.#options, batch, reader, callee, stopping }, this.#deps);
      this.#limit.ended(outcome?.ok === true);
    } catch (error) {
      this.#limit.ended(false);
      if (!this.#deps.abandon.aborted) this.#report(error);
    } finally {
      leave();
      this.#reader.release(batch);
      this.#calls.end();
    }
  }

  async #failed(error: unknown): Promise<void> {
    this.#report(error);
    await this.#wait();
  }

  async #wait(): Promise<void> {
    await this.#deps.sleep(RETRY_MS, this.#stopping.signal).catch(() => undefined);
  }

  #report(error: unknown): void {
    this.#deps.onError(`mapping ${this.#options.mapping.name}`, error);
  }
}
