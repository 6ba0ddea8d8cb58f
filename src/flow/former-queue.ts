import type { Broker } from "../core/broker.ts";

/** How often it is looked at again, once it was there. */
const CHECK_MS = 15_000;

/**
 * The queue that a function had when it was of another kind, if it ever was. Asking a broker for a queue that does not exist
 * costs an error in its log, so that is done once: a queue which is not there when a router begins is not made by
 * anybody who follows the same configuration or an older one.
 */
export class FormerQueue {
  readonly name: string;
  readonly #broker: Pick<Broker, "depth">;
  readonly #nowMs: () => number;
  #waiting: Promise<number | undefined> | undefined;
  #checkedAtMs = -Infinity;

  constructor(name: string, broker: Pick<Broker, "depth">, nowMs: () => number) {
    this.name = name;
    this.#broker = broker;
    this.#nowMs = nowMs;
  }

  /** Messages that wait there, as of 15 s ago at most unless `now`; undefined when there is no such queue. */
  async waiting(now = false): Promise<number | undefined> {
    const known = await this.#waiting?.catch(() => 0);
    if (this.#waiting !== undefined && known === undefined) return undefined;
    if (known === 0 && !now && this.#nowMs() - this.#checkedAtMs < CHECK_MS) return 0;
    this.#checkedAtMs = this.#nowMs();
    this.#waiting = this.#broker.depth(this.name).then((depth) => depth?.ready);
    return this.#waiting;
  }
}
