const LOOK_MS = 2_000;
/**
 * RabbitMQ closes a connection over which nothing came for 20 to 30 s, and up to 10 s may have passed without a frame before the
 * process froze: after the rest of it, what was held may be another router's.
 */
const FROZEN_MS_MIN = 10_000;

/**
 * Notices that this process was frozen: stopped by a signal, or with its container. It is looked at the clock every two seconds, and by
 * whoever is about to do something that another router may be doing by now. What runs first after a freeze is anybody's guess.
 */
export class Freezes {
  readonly #steadyMs: () => number;
  readonly #listeners = new Set<() => void>();
  #lookedAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param steadyMs a clock that nobody sets, in milliseconds. */
  constructor(steadyMs: () => number) {
    this.#steadyMs = steadyMs;
  }

  /** Looks every two seconds from now on. */
  start(): void {
    this.#timer ??= setInterval(() => this.notice(), LOOK_MS).unref();
  }

  /** Calls all listeners, before it returns, when nobody has looked for so long that the process was frozen. */
  notice(): void {
    const nowMs = this.#steadyMs();
    const wasFrozen = nowMs - (this.#lookedAtMs ?? nowMs) >= FROZEN_MS_MIN;
    this.#lookedAtMs = nowMs;
    if (wasFrozen) for (const listener of this.#listeners) listener();
  }

  /** @returns ends it */
  onFreeze(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
