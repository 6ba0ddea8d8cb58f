/** Numbers of one millisecond. More move the clock on. */
const A_MILLISECOND = 10_000;

/**
 * Makes sequence numbers of 20 digits that rise: milliseconds, a counter, and the router's own three digits. A number
 * that was heard of another router moves it on, so that numbers rise over routers too, as far as those hear of each other.
 */
export class SequenceClock {
  readonly #clock: () => number;
  readonly #router: string;
  #last = 0n;

  /** @param clock epoch milliseconds. @param router 0..999, the same for as long as the router lives. */
  constructor(clock: () => number, router: number) {
    this.#clock = clock;
    this.#router = String(router % 1_000).padStart(3, "0");
  }

  next(): string {
    const now = BigInt(this.#clock()) * BigInt(A_MILLISECOND);
    this.#last = now > this.#last ? now : this.#last + 1n;
    return `${String(this.#last).padStart(17, "0")}${this.#router}`;
  }

  /** A number that another router has given. */
  heard(sequenceNumber: string): void {
    if (!/^\d{20}$/.test(sequenceNumber)) return;
    const other = BigInt(sequenceNumber.slice(0, 17));
    if (other > this.#last) this.#last = other;
  }
}
