const MESSAGES_MAX = 2_000;
const MESSAGES_MIN = 10;
/** How long a queue holds fewer messages at least. */
const NARROW_MS = 60_000;

/** How many messages the owner of a FIFO queue holds at most. Where they are large it becomes less, until the queue is empty again. */
export class WindowLimit {
  #messages = MESSAGES_MAX;
  #narrowedAtMs = 0;

  get messages(): number {
    return this.#messages;
  }

  get canNarrow(): boolean {
    return this.#messages > MESSAGES_MIN;
  }

  /** @param held how many messages are too large together: half as many are not, where all are of one size. */
  narrow(held: number, nowMs: number): void {
    this.#messages = Math.max(MESSAGES_MIN, Math.floor(Math.min(this.#messages, held) / 2));
    this.#narrowedAtMs = nowMs;
  }

  /** To be called when nothing is held. @returns whether more may be held from now on */
  widen(nowMs: number): boolean {
    if (this.#messages === MESSAGES_MAX || nowMs < this.#narrowedAtMs + NARROW_MS) return false;
    this.#messages = MESSAGES_MAX;
    return true;
  }
}
