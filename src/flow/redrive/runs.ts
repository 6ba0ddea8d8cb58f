/** The runs under way. A router that stops ends them first, so that they give back what they hold in good order. */
export class Runs {
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** @param signal ends this run only. */
  async run<Result>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const running = work(AbortSignal.any([signal, this.#stopping.signal]));
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Ends all runs, and resolves when they have ended. A run that begins later ends at once. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the router is stopping"));
    await Promise.allSettled(this.#running);
  }
}
