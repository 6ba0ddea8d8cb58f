const MESSAGES_MAX = 2_000;
const MESSAGES_MIN = 10;
/** Of bodies. */
const BYTES_MAX = 64 * 1_048_576;

/** How many messages the owner of a FIFO queue holds at most. Where they are large it becomes less, and stays so. */
export class WindowLimit {
  #messages = MESSAGES_MAX;

  get messages(): number {
    return this.#messages;
  }

  /** Whether what is held is too large, and fewer messages could be held. */
  isExceededBy(bytes: number): boolean {
    return bytes > BYTES_MAX && this.#messages > MESSAGES_MIN;
  }

  /** @param held how many messages are too large together: half as many are not, where all are of one size. */
  narrow(held: number): void {
    this.#messages = Math.max(MESSAGES_MIN, Math.floor(Math.min(this.#messages, held) / 2));
  }
}
