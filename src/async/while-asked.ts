/** Work that is asked for more often than it has to be done: one run at a time, and one more for all that asked while it ran. */
export class WhileAsked {
  readonly #work: () => Promise<void>;
  #isAsked = false;
  #isRunning = false;

  /** @param work must not reject. */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Begins a run at once, or another one behind that which goes on. */
  ask(): void {
    this.#isAsked = true;
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isAsked) {
      this.#isAsked = false;
      await this.#work();
    }
    this.#isRunning = false;
  }
}
