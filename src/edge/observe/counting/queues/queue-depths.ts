import { waitFor } from "../../../../async/time-limit.ts";
import type { Depth } from "../../../../ports/broker/inspector.ts";

export type DepthOf = (queue: string) => Promise<Depth | undefined>;

export interface QueueDepthsOptions {
  readonly nowMs: () => number;
  /** How long a scrape waits for one queue's depth. */
  readonly timeoutMs: number;
  /** How long depths are kept, however many scrape. */
  readonly cacheMs: number;
}

/** How many messages are ready in each queue, asked for at a scrape. */
export class QueueDepths {
  readonly #options: QueueDepthsOptions;
  #queues: Iterable<string> = [];
  #depthOf: DepthOf | undefined;
  #last: { readonly atMs: number; readonly ready: Promise<ReadonlyMap<string, number>> } | undefined;

  constructor(options: QueueDepthsOptions) {
    this.#options = options;
  }

  follow(queues: Iterable<string>): void {
    this.#queues = queues;
    this.#last = undefined;
  }

  watch(depthOf: DepthOf): void {
    this.#depthOf = depthOf;
    this.#last = undefined;
  }

  /** Messages ready, by queue. A queue that is missing, or whose depth does not come in time, is left out. Never rejects. */
  read(): Promise<ReadonlyMap<string, number>> {
    const atMs = this.#options.nowMs();
    if (this.#last === undefined || atMs - this.#last.atMs >= this.#options.cacheMs) {
      this.#last = { atMs, ready: this.#ask() };
    }
    return this.#last.ready;
  }

  async #ask(): Promise<ReadonlyMap<string, number>> {
    const depthOf = this.#depthOf;
    if (depthOf === undefined) return new Map();
    const asked = [...this.#queues].map(async (queue) => {
      const depth = await waitFor(depthOf(queue), this.#options.timeoutMs).catch(() => undefined);
      return depth === undefined ? [] : [[queue, depth.ready] as const];
    });
    return new Map((await Promise.all(asked)).flat());
  }
}
