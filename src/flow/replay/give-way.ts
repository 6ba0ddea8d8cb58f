/** How much of the time the event loop is to have nothing to do, so that what comes is done at once. */
const IDLE_SHARE = 1 / 2;
/** A replay goes on after so long, however much there is to do: twenty times a second. */
const WAIT_MS_MAX = 50;

export interface GiveWayOptions {
  readonly steadyMs: () => number;
  /** How long the event loop has had nothing to do so far, in milliseconds. */
  readonly idleMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
}

/**
 * Lets work that nobody waits for give way to puts and deliveries. What a replay sends is delivered by the same event loop,
 * so the replay follows the loop and not only its own work: it waits while the loop has no moment to spare. A put then finds
 * it free, or nearly so.
 */
export class GiveWay {
  readonly #options: GiveWayOptions;
  #sinceMs: number;
  #idleMs: number;

  constructor(options: GiveWayOptions) {
    this.#options = options;
    this.#sinceMs = options.steadyMs();
    this.#idleMs = options.idleMs();
  }

  /** Resolves when the loop was idle for its share of the time since the last call, or after `WAIT_MS_MAX`. */
  async wait(signal: AbortSignal): Promise<void> {
    const { steadyMs, idleMs, sleep, pause } = this.#options;
    const beganMs = steadyMs();
    await pause();
    // A timer lets the loop be idle; a pause, which is over at the next turn, does not.
    while (this.#isBusy && steadyMs() - beganMs < WAIT_MS_MAX) await sleep(1, signal);
    this.#sinceMs = steadyMs();
    this.#idleMs = idleMs();
  }

  get #isBusy(): boolean {
    const { steadyMs, idleMs } = this.#options;
    return idleMs() - this.#idleMs < (steadyMs() - this.#sinceMs) * IDLE_SHARE;
  }
}
