import type { Delivery } from "../../../../domain/delivery/delivery.ts";
import { destinationLabel } from "../../../../domain/target/target.ts";

/**
 * How long the oldest delivery has waited that lies ready for each destination. RabbitMQ does not tell the age of a
 * quorum queue's head, so it follows from what this router sees: a queue is first in, first out, so what waits was
 * accepted after the delivery that was called last, and after the queue was last seen empty.
 *
 * Only first attempts say something: a retry was accepted long before it came to the end of the queue. Until the first
 * sign of either kind, the wait counts from when the destination was configured here.
 */
export class OldestWaits {
  readonly #epochMs: () => number;
  /** By destination, in epoch milliseconds: nothing that waits was accepted before. */
  #acceptedAfterMs = new Map<string, number>();
  #queueOf: ReadonlyMap<string, string> = new Map();

  constructor(epochMs: () => number) {
    this.#epochMs = epochMs;
  }

  /** @param queueOf the queue of each destination that is configured. */
  follow(queueOf: ReadonlyMap<string, string>): void {
    const known = this.#acceptedAfterMs;
    const nowMs = this.#epochMs();
    this.#queueOf = queueOf;
    this.#acceptedAfterMs = new Map([...queueOf.keys()].map((label) => [label, known.get(label) ?? nowMs]));
  }

  /** A call of the destination begins. */
  called({ destination, attempt, firstAtMs }: Delivery): void {
    if (attempt !== 1) return;
    const label = destinationLabel(destination);
    if (this.#acceptedAfterMs.has(label)) this.#acceptedAfterMs.set(label, firstAtMs);
  }

  /**
   * Seconds by destination: 0 where nothing is ready. A destination is left out while the depth of its queue is unknown.
   *
   * @param ready messages ready, by queue.
   */
  read(ready: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const nowMs = this.#epochMs();
    const seconds = new Map<string, number>();
    for (const [label, acceptedAfterMs] of this.#acceptedAfterMs) {
      const waiting = ready.get(this.#queueOf.get(label) ?? "");
      if (waiting === 0) this.#acceptedAfterMs.set(label, nowMs);
      if (waiting !== undefined) seconds.set(label, waiting === 0 ? 0 : Math.max(0, nowMs - acceptedAfterMs) / 1_000);
    }
    return seconds;
  }
}
