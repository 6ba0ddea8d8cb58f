import type { NextRequest } from "../../runtime-api/next-request.ts";

/** Where the poll of one environment and the invocation that it is for find each other. */
export class PollSlot {
  #poll: NextRequest | undefined;
  #taken: ((poll: NextRequest) => void) | undefined;

  /** A poll came. An earlier one that waits is closed. */
  offer(poll: NextRequest): void {
    this.#poll?.drop();
    this.#poll = poll;
    this.#match();
  }

  /** Resolves with a poll that is open. A later `take` is the one that counts. */
  take(): Promise<NextRequest> {
    return new Promise((resolve) => {
      this.#taken = resolve;
      this.#match();
    });
  }

  #match(): void {
    if (this.#poll === undefined || this.#poll.gone.aborted) return;
    this.#taken?.(this.#poll);
    if (this.#taken !== undefined) this.#poll = this.#taken = undefined;
  }
}
