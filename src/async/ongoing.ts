/** Counts what goes on, for those who wait until nothing does. Cheaper than a set of promises where a lot goes on. */
export class Ongoing {
  #count = 0;
  #waiting: PromiseWithResolvers<undefined> | undefined;

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#waiting?.resolve(undefined);
    this.#waiting = undefined;
  }

  /** Resolves when nothing goes on, at once if nothing does. Something new may have begun by the time that is seen. */
  async ended(): Promise<void> {
    if (this.#count === 0) return;
    this.#waiting ??= Promise.withResolvers<undefined>();
    await this.#waiting.promise;
  }

  get any(): boolean {
    return this.#count > 0;
  }
}
