/** How many queues are known; the one cleared longest ago is forgotten first. */
const QUEUES_MAX = 10_000;

/** When each FIFO queue was cleared last. What was sent before is deleted, and does not count as sent. */
export class ClearedQueues {
  readonly #atMs = new Map<string, number>();

  /** @param atMs epoch milliseconds. An earlier time than the known one changes nothing. */
  clear(queue: string, atMs: number): void {
    const latestMs = Math.max(atMs, this.atMs(queue));
    this.#atMs.delete(queue);
    this.#atMs.set(queue, latestMs);
    const [longestAgo] = this.#atMs.keys();
    if (this.#atMs.size > QUEUES_MAX && longestAgo !== undefined) this.#atMs.delete(longestAgo);
  }

  /** Epoch milliseconds; 0 where nobody is known to have cleared the queue. */
  atMs(queue: string): number {
    return this.#atMs.get(queue) ?? 0;
  }
}
