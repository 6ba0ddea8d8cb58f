import { waitFor } from "../../../../async/time-limit.ts";

type CountsByQueue = ReadonlyMap<string, number>;

/** Where it can be asked what has been received and what waits, by queue. */
export interface ReceivedSource {
  readonly inFlight: () => Promise<CountsByQueue>;
  readonly waitingPolls: () => CountsByQueue;
}

export interface ReceivedCountsOptions {
  readonly nowMs: () => number;
  /** How long a scrape waits. */
  readonly timeoutMs: number;
  /** How long counts are kept, however many scrape. */
  readonly cacheMs: number;
}

/** How many messages are in somebody's hands, asked for at a scrape: embedded the database has to count them. */
export class ReceivedCounts {
  readonly #options: ReceivedCountsOptions;
  #queues: ReadonlySet<string> = new Set();
  #source: ReceivedSource | undefined;
  #last: { readonly atMs: number; readonly inFlight: Promise<CountsByQueue> } | undefined;

  constructor(options: ReceivedCountsOptions) {
    this.#options = options;
  }

  follow(queues: ReadonlySet<string>): void {
    this.#queues = queues;
    this.#last = undefined;
  }

  watch(source: ReceivedSource): void {
    this.#source = source;
    this.#last = undefined;
  }

  /** Messages received and invisible. None where the answer does not come in time. Never rejects. */
  inFlight(): Promise<CountsByQueue> {
    const atMs = this.#options.nowMs();
    if (this.#last === undefined || atMs - this.#last.atMs >= this.#options.cacheMs) {
      this.#last = { atMs, inFlight: this.#ask() };
    }
    return this.#last.inFlight;
  }

  waitingPolls(): CountsByQueue {
    return this.#ofQueues(this.#source?.waitingPolls() ?? new Map());
  }

  async #ask(): Promise<CountsByQueue> {
    const source = this.#source;
    if (source === undefined) return this.#ofQueues(new Map());
    const counts = await waitFor(source.inFlight(), this.#options.timeoutMs).catch(() => undefined);
    return counts === undefined ? new Map() : this.#ofQueues(counts);
  }

  /** Each queue that is configured, and no other. */
  #ofQueues(counts: CountsByQueue): CountsByQueue {
    return new Map([...this.#queues].map((queue) => [queue, counts.get(queue) ?? 0]));
  }
}
