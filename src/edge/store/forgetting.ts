import { COMMIT_CHANGES_MAX } from "../../ports/store/entities.ts";

/** What is kept for a day need not be looked for with each commit, of which these statements are a third. */
const PAUSE_MS = 10_000;

/** When a commit also forgets what is old: the first one, and then now and then; with each one while there is much to forget. */
export class Forgetting {
  readonly #nowMs: () => number;
  #dueMs = -Infinity;

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  isDue(): boolean {
    return this.#nowMs() >= this.#dueMs;
  }

  /** @param count how many were forgotten; what else is as old waits for the next commit. */
  done(count: number): void {
    if (count < COMMIT_CHANGES_MAX) this.#dueMs = this.#nowMs() + PAUSE_MS;
  }
}
