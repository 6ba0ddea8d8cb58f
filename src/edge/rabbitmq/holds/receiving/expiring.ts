import type { ReadyCount } from "./ready-count.ts";
import type { Receiver } from "./receiver.ts";

/**
 * Deletes what is at the head of a queue and past its time. To see a message is to receive it, and one that is young is
 * published again, behind the others. So the time of the young one is kept, and nothing is looked at before it is over.
 */
export class Expiring {
  readonly #receiver: Pick<Receiver, "deleteOldest">;
  readonly #ready: Pick<ReadyCount, "of">;
  /** When the first message was sent that stayed, epoch milliseconds. */
  readonly #firstSentAtMs = new Map<string, number>();

  constructor(receiver: Pick<Receiver, "deleteOldest">, ready: Pick<ReadyCount, "of">) {
    this.#receiver = receiver;
    this.#ready = ready;
  }

  /** @returns how many were deleted. */
  async deleteOldest(queue: string, sentBeforeMs: number): Promise<number> {
    if ((this.#firstSentAtMs.get(queue) ?? -Infinity) >= sentBeforeMs) return 0;
    this.#firstSentAtMs.delete(queue);
    const ready = (await this.#ready.of(queue)) ?? 0;
    const { deleted, firstSentAtMs } = await this.#receiver.deleteOldest(queue, ready, sentBeforeMs);
    if (firstSentAtMs !== undefined) this.#firstSentAtMs.set(queue, firstSentAtMs);
    return deleted;
  }

  /** To be called when a queue is emptied: what comes then may be older. */
  forget(queue: string): void {
    this.#firstSentAtMs.delete(queue);
  }
}
