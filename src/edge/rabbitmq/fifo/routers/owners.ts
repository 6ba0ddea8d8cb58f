import { waitFor } from "../../../../async/time-limit.ts";

/** Which session owns each queue, as routers say. */
export class QueueOwners {
  readonly #sessions = new Map<string, string>();
  readonly #waiting = new Map<string, Set<() => void>>();

  of(queue: string): string | undefined {
    return this.#sessions.get(queue);
  }

  /** The session is the owner. */
  set(queue: string, session: string): void {
    this.#sessions.set(queue, session);
    for (const tell of [...(this.#waiting.get(queue) ?? [])]) tell();
  }

  /** The session owns it no more. */
  forget(queue: string, session: string): void {
    if (this.#sessions.get(queue) === session) this.#sessions.delete(queue);
  }

  /** Nobody is to be asked about the queue. */
  drop(queue: string): void {
    this.#sessions.delete(queue);
  }

  /** Resolves when a session says that it is the owner, or after so long. */
  async change(queue: string, waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<true>();
    const stop = this.#listen(queue, () => resolve(true));
    await waitFor(promise, waitMs);
    stop();
  }

  /** The answer of the owner; undefined as soon as another session says that it is the owner. */
  async whileOwner<T>(queue: string, session: string, answer: Promise<T | undefined>): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const stop = this.#listen(queue, () => {
      if (this.of(queue) !== session) resolve(undefined);
    });
    try {
      return await Promise.race([answer, promise]);
    } finally {
      stop();
    }
  }

  #listen(queue: string, listener: () => void): () => void {
    const waiting = this.#waiting.get(queue) ?? new Set();
    this.#waiting.set(queue, waiting.add(listener));
    return () => {
      waiting.delete(listener);
      if (waiting.size === 0 && this.#waiting.get(queue) === waiting) this.#waiting.delete(queue);
    };
  }
}
