/** A run that goes on, and the one behind it. */
interface Run<Answer> {
  /** Resolves when it has ended in any way. */
  readonly ended: Promise<void>;
  /** Shared by all who asked since it began. */
  next: Promise<Answer> | undefined;
}

/**
 * Work by keys, whose answers may be shared: one run for each key at a time. Those who ask while it goes on share the next one, so that
 * each has an answer from after the question.
 */
export class SharedRuns<Answer> {
  readonly #work: (key: string) => Promise<Answer>;
  readonly #runs = new Map<string, Run<Answer>>();

  constructor(work: (key: string) => Promise<Answer>) {
    this.#work = work;
  }

  /** Resolves and rejects as the work does that began after the call. */
  ask(key: string): Promise<Answer> {
    const run = this.#runs.get(key);
    if (run === undefined) return this.#begin(key);
    run.next ??= run.ended.then(() => this.#begin(key));
    return run.next;
  }

  #begin(key: string): Promise<Answer> {
    const answer = this.#work(key);
    const end = (): void => {
      if (run.next === undefined) this.#runs.delete(key);
    };
    const run: Run<Answer> = { ended: answer.then(end, end), next: undefined };
    this.#runs.set(key, run);
    return answer;
  }
}
