import { Slots } from "../../async/slots.ts";

export interface CallSlotsDeps {
  /** How many calls may run at once, as of now. */
  readonly limit: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Keeps a destination's calls within its limit, whichever consumer their messages came from: one that ends may still
 * have calls in flight when the next one begins, and the limit may change meanwhile. First come, first served.
 */
export class CallSlots {
  readonly #sleep: CallSlotsDeps["sleep"];
  readonly #slots: Slots;

  constructor({ limit, sleep }: CallSlotsDeps) {
    this.#sleep = sleep;
    this.#slots = new Slots(limit);
  }

  get taken(): number {
    return this.#slots.taken;
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#slots.waiting;
  }

  /** Takes a slot that is free now, which is then to be released. */
  tryTake(): boolean {
    return this.#slots.tryTake();
  }

  /**
   * Waits up to `waitMs` for a slot, or until `lost` fires. Resolves with whether it got one, which is then to be
   * released.
   */
  async take(waitMs: number, lost: AbortSignal): Promise<boolean> {
    if (lost.aborted) return false;
    if (this.tryTake()) return true;
    const over = overAfter(waitMs, lost, this.#sleep);
    const taken = await this.#slots.take(over.signal);
    over.abort();
    return taken;
  }

  release(): void {
    this.#slots.release();
  }

  /** Gives free slots to those that wait. To be called when the limit has grown. */
  serve(): void {
    this.#slots.serve();
  }

  /** Lets nobody wait any longer. */
  refuseWaiting(): void {
    this.#slots.dismiss();
  }

  /** Resolves when no slot is taken, at once if none is. */
  free(): Promise<void> {
    return this.#slots.free();
  }
}

/** Is aborted once the time is up, or when `lost` fires, which has not fired yet. Whoever needs it no more aborts it. */
export function overAfter(waitMs: number, lost: AbortSignal, sleep: CallSlotsDeps["sleep"]): AbortController {
  const over = new AbortController();
  const end = (): void => over.abort();
  lost.addEventListener("abort", end, { signal: over.signal });
  sleep(waitMs, over.signal).then(end, () => undefined);
  return over;
}
