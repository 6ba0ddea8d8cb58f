/**
 * The budget of bytes in flight, both directions together. amqplib's own back-pressure counts frames, not bytes: a
 * channel says "full" only after hundreds of large messages, so the router counts for itself.
 */
export class InFlightBytes {
  readonly limitBytes: number;
  #usedBytes = 0;
  readonly #listeners: ((full: boolean) => void)[] = [];
  #full = false;

  readonly #onRefusal: () => void;

  /** @param onRefusal told each time that something found no room. */
  constructor(limitBytes: number, onRefusal: () => void = () => undefined) {
    this.limitBytes = limitBytes;
    this.#onRefusal = onRefusal;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Takes bytes if there is room for them; the caller turns its client away when there is not. */
  tryTake(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.limitBytes) {
      this.#onRefusal();
      return false;
    }
    this.take(bytes);
    return true;
  }

  /** Takes bytes that are here already, such as a message the broker has handed over. */
  take(bytes: number): void {
    this.#usedBytes += bytes;
    this.#tell();
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    this.#tell();
  }

  /** Told `true` when the budget is used up, `false` when half of it is free again. */
  onChange(listener: (full: boolean) => void): void {
    this.#listeners.push(listener);
  }

  #tell(): void {
    const full = this.#full ? this.#usedBytes > this.limitBytes / 2 : this.#usedBytes >= this.limitBytes;
    if (full === this.#full) return;
    this.#full = full;
    for (const listener of this.#listeners) listener(full);
  }
}
