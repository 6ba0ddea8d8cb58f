/** Delays are counted by the second in which they end. */
const SECOND_MS = 1_000;

interface Ending {
  count: number;
  /** Of the newest message, epoch milliseconds. */
  sentAtMs: number;
}

/** How many messages this router has delayed that are not due: AMQP counts none on the delay ladder. */
export class DelayedCounts {
  readonly #byQueue = new Map<string, Map<number, Ending>>();

  /** @param nowMs epoch milliseconds, as all times here. */
  add(queue: string, count: number, dueAtMs: number, nowMs: number): void {
    this.#forgetDue(queue, nowMs);
    const endings = this.#byQueue.get(queue) ?? new Map<number, Ending>();
    this.#byQueue.set(queue, endings);
    const second = Math.ceil(dueAtMs / SECOND_MS);
    const ending = endings.get(second) ?? { count: 0, sentAtMs: nowMs };
    endings.set(second, { count: ending.count + count, sentAtMs: nowMs });
  }

  count(queue: string, nowMs: number): number {
    this.#forgetDue(queue, nowMs);
    const endings = [...(this.#byQueue.get(queue)?.values() ?? [])];
    return endings.reduce((sum, { count }) => sum + count, 0);
  }

  /** They are deleted when they come. */
  clear(queue: string, sentBeforeMs: number): void {
    this.#forget(queue, (_second, { sentAtMs }) => sentAtMs < sentBeforeMs);
  }

  #forgetDue(queue: string, nowMs: number): void {
    this.#forget(queue, (second) => second * SECOND_MS <= nowMs);
  }

  #forget(queue: string, isOver: (second: number, ending: Ending) => boolean): void {
    const endings = this.#byQueue.get(queue);
    for (const [second, ending] of endings ?? []) if (isOver(second, ending)) endings?.delete(second);
    if (endings?.size === 0) this.#byQueue.delete(queue);
  }
}
