/** Of bodies. */
const BYTES_MAX = 64 * 1_048_576;

/** The messages of one queue that this router holds. */
interface Window {
  /** Whether it can hold fewer messages. */
  readonly canNarrow: boolean;
  /** It gives back what it has, and begins again with fewer messages. */
  narrow(): void;
}

/**
 * What a router holds of all FIFO queues that it owns. Where that is too much, the queue that holds most begins again with
 * fewer messages: large messages of one queue leave the others their room.
 */
export class WindowBudget {
  readonly #bytes = new Map<Window, number>();
  #total = 0;

  /** To be called whenever a queue holds more or less. What is given back counts as none. */
  set(window: Window, bytes: number): void {
    this.#total += bytes - (this.#bytes.get(window) ?? 0);
    if (bytes === 0) this.#bytes.delete(window);
    else this.#bytes.set(window, bytes);
    if (this.#total > BYTES_MAX) this.#largest()?.narrow();
  }

  #largest(): Window | undefined {
    let [largest, most]: [Window | undefined, number] = [undefined, 0];
    for (const [window, bytes] of this.#bytes) if (bytes > most && window.canNarrow) [largest, most] = [window, bytes];
    return largest;
  }
}
