/** Counts operations in progress, for those who wait until none is. Cheaper than a set of promises where there are many. */
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

  /** Resolves when no operation is in progress. A new one may have begun by the time that the caller goes on. */
  async ended(): Promise<void> {
    if (this.#count === 0) return;
    this.#waiting ??= Promise.withResolvers<undefined>();
    await this.#waiting.promise;
  }

  get any(): boolean {
    return this.#count > 0;
  }
}
