/**
 * Takes work that goes on at once, up to so many of it, and hands over the results in the order in which it was added.
 * After the first failure nothing more is handed over.
 */
export class InOrder<Result> {
  readonly #most: number;
  readonly #onResult: (result: Result) => void;
  readonly #underWay: Promise<Result>[] = [];
  #hasFailed = false;

  constructor(most: number, onResult: (result: Result) => void) {
    this.#most = most;
    this.#onResult = onResult;
  }

  /** Resolves when there is room for more. Rejects as the oldest that goes on does. */
  async add(work: Promise<Result>): Promise<void> {
    // It is waited for later: until then its failure is nobody's.
    work.catch(() => undefined);
    this.#underWay.push(work);
    if (this.#underWay.length >= this.#most) await this.#oldest();
  }

  /** Resolves when all results were handed over. Rejects as the oldest that failed does, though others may go on. */
  async ended(): Promise<void> {
    while (this.#underWay.length > 0) await this.#oldest();
  }

  /** Resolves when nothing goes on any more. Never rejects. */
  async settled(): Promise<void> {
    while (this.#underWay.length > 0) await this.#oldest().catch(() => undefined);
  }

  async #oldest(): Promise<void> {
    try {
      const result = await this.#underWay.shift();
      if (result !== undefined && !this.#hasFailed) this.#onResult(result);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }
}
