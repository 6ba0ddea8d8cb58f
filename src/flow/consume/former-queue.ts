import type { QueueCounts } from "../../ports/inspector.ts";

/** How long an answer holds. Asking for a queue that does not exist leaves an error in RabbitMQ's log, so that is rare. */
const EMPTY_MS = 15_000;
const ABSENT_MS = 300_000;

/**
 * The queue that a function had while it was of another kind, if it ever was. What waits there is to be delivered too,
 * and routers that follow an older configuration may go on publishing to it for a while.
 */
export class FormerQueue {
  readonly name: string;
  readonly #broker: QueueCounts;
  readonly #nowMs: () => number;
  #askAgainAtMs = -Infinity;

  constructor(name: string, broker: QueueCounts, nowMs: () => number) {
    this.name = name;
    this.#broker = broker;
    this.#nowMs = nowMs;
  }

  /**
   * How many messages wait there: as of now while there are any, else as of 15 s ago at most, or 5 min where there was no
   * such queue. A broker that cannot be asked counts as none, since it must not keep the function from its work.
   */
  async ready(): Promise<number> {
    if (this.#nowMs() < this.#askAgainAtMs) return 0;
    const depth = await this.#broker.depth(this.name).catch(() => ({ ready: 0 }));
    if (depth === undefined || depth.ready === 0) {
      this.#askAgainAtMs = this.#nowMs() + (depth === undefined ? ABSENT_MS : EMPTY_MS);
    }
    return depth?.ready ?? 0;
  }
}
