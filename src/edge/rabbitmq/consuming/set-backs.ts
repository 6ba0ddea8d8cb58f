/** How many failing messages are remembered. The one that failed longest ago is forgotten first. */
const MESSAGES_MAX = 1_000;

/** Counts how often each message failed in a row. */
export class SetBacks {
  readonly #counts = new Map<string, number>();

  /** Counts one more failure of a message. @returns how many there are in a row. */
  count(id: string): number {
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.delete(id);
    this.#counts.set(id, count);
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined && this.#counts.size > MESSAGES_MAX) this.#counts.delete(oldest);
    return count;
  }

  forget(id: string): void {
    this.#counts.delete(id);
  }
}
