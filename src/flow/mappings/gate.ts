/** Lets pass while it is open. Whoever has passed learns by a signal that it has closed. */
export class Gate {
  readonly #isOpen: () => boolean;
  #passage: AbortController | undefined;
  #opening = Promise.withResolvers<undefined>();
  #isEnded = false;

  /** @param isOpen asked at each `apply`. */
  constructor(isOpen: () => boolean) {
    this.#isOpen = isOpen;
  }

  /** To be called when it may be open, or closed, by now. */
  apply(): void {
    const isOpen = !this.#isEnded && this.#isOpen();
    if (isOpen === (this.#passage !== undefined)) return;
    if (isOpen) {
      this.#passage = new AbortController();
      this.#opening.resolve(undefined);
    } else {
      this.#passage?.abort();
      this.#passage = undefined;
      this.#opening = Promise.withResolvers<undefined>();
      if (this.#isEnded) this.#opening.resolve(undefined);
    }
  }

  /** Closes for good. */
  end(): void {
    this.#isEnded = true;
    this.apply();
    this.#opening.resolve(undefined);
  }

  /** Waits until it is open. Resolves with what fires when it closes; undefined once it is closed for good. */
  async pass(): Promise<AbortSignal | undefined> {
    while (!this.#isEnded) {
      if (this.#passage !== undefined) return this.#passage.signal;
      await this.#opening.promise;
    }
    return undefined;
  }
}
