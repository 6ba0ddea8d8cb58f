import { InOrder } from "../../async/in-order.ts";
import type { WorkControl } from "../../ports/admin/jobs.ts";
import { Pace } from "../budget/pace.ts";
import type { DatedEvent } from "./dated-events.ts";

/** What is routed and confirmed together: some milliseconds of the event loop, in which no put has a turn. */
const BATCH_EVENTS = 20;
const BATCH_BYTES = 512 * 1024;
/** Batches that are on their way at once: while some are confirmed, the next are routed. */
const BATCHES_AT_ONCE = 4;

export interface PacedBatchesOptions {
  readonly steadyMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Divides archived events into batches, each of which is due by the rate that the job has by then. */
export class PacedBatches {
  readonly #control: Pick<WorkControl, "signal" | "ratePerSecond">;
  readonly #options: PacedBatchesOptions;
  readonly #pace: Pace;

  constructor(control: Pick<WorkControl, "signal" | "ratePerSecond">, options: PacedBatchesOptions) {
    this.#control = control;
    this.#options = options;
    this.#pace = new Pace(control.ratePerSecond(), options.steadyMs);
  }

  /**
   * Hands each batch over when it is due, several at once, and the results in the order of the batches. Resolves when all are done. After a failure,
   * which ends the others by `leave`, it rejects when nothing goes on any more.
   *
   * @param send is to be as quick as it can: `between` follows it, and then the next batch.
   */
  async severalAtOnce<Sent>(
    events: readonly DatedEvent[],
    send: (batch: readonly DatedEvent[], leave: AbortSignal) => Promise<Sent>,
    { onSent, between }: { readonly onSent: (sent: Sent) => void; readonly between: () => Promise<void> },
  ): Promise<void> {
    const failure = new AbortController();
    const leave = AbortSignal.any([this.#control.signal, failure.signal]);
    const sending = new InOrder<Sent>(BATCHES_AT_ONCE, onSent);
    try {
      for (let at = 0; at < events.length;) {
        const batch = batchOf(events, at, await this.#due());
        this.#pace.went(batch.length);
        at += batch.length;
        await sending.add(send(batch, leave));
        await between();
      }
      await sending.ended();
    } catch (error) {
      failure.abort(error);
      await sending.settled();
      throw error;
    }
  }

  /** How many may go now. Waits until it is one at least. */
  async #due(): Promise<number> {
    const { signal, ratePerSecond } = this.#control;
    for (;;) {
      signal.throwIfAborted();
      this.#pace.follow(ratePerSecond());
      if (this.#pace.due >= 1) return this.#pace.due;
      await this.#options.sleep(this.#pace.waitMs, signal);
    }
  }
}

function batchOf(events: readonly DatedEvent[], at: number, due: number): readonly DatedEvent[] {
  let to = at;
  let bytes = 0;
  do {
    bytes += events[to]?.body.length ?? 0;
    to += 1;
  } while (to < Math.min(events.length, at + BATCH_EVENTS, at + due) && bytes < BATCH_BYTES);
  return events.slice(at, to);
}
