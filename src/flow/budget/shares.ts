/** How far callers that hold less than their part may exceed the room's size, as a share of it. */
const EXTRA = 0.25;

/**
 * A room that callers share in equal parts. A single caller may have all of it. When it is full, a caller that holds
 * less than its part still gets some, a little beyond the size; one that holds more gets none until the others have
 * theirs. Everything is held for moments only, so the parts are right again soon after another caller has come.
 */
export class Shares {
  readonly #held = new Map<string, number>();
  #total = 0;

  /** What all hold together. */
  get total(): number {
    return this.#total;
  }

  /**
   * Whether there is room for so much more.
   *
   * @param who the principal's id, or the address of a caller without credentials.
   * @param size of the whole room, which may change.
   */
  hasRoom(who: string, amount: number, size: number): boolean {
    if (this.#total + amount <= size) return true;
    const own = this.#held.get(who) ?? 0;
    const sharers = this.#held.size + (own === 0 ? 1 : 0);
    if (sharers === 1 || this.#total + amount > size * (1 + EXTRA)) return false;
    return own === 0 || own + amount <= size / sharers;
  }

  take(who: string, amount: number): void {
    this.#total += amount;
    this.#held.set(who, (this.#held.get(who) ?? 0) + amount);
  }

  release(who: string, amount: number): void {
    this.#total -= amount;
    const rest = (this.#held.get(who) ?? 0) - amount;
    if (rest > 0) this.#held.set(who, rest);
    else this.#held.delete(who);
  }
}
