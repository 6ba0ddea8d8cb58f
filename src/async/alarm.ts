/** Rings once at a time. It is set again for each next time. */
export class Alarm {
  readonly #nowMs: () => number;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly #ring: () => void;
  #set: { readonly atMs: number; readonly off: AbortController } | undefined;

  constructor(
    { nowMs, sleep }: { nowMs: () => number; sleep: (ms: number, signal: AbortSignal) => Promise<void> },
    ring: () => void,
  ) {
    this.#nowMs = nowMs;
    this.#sleep = sleep;
    this.#ring = ring;
  }

  /** @param atMs when to ring, at once if that has passed; undefined for never. One that is set for no later stays. */
  set(atMs: number | undefined): void {
    if (atMs !== undefined && this.#set !== undefined && this.#set.atMs <= atMs) return;
    this.#set?.off.abort();
    this.#set = undefined;
    if (atMs === undefined) return;
    const set = { atMs, off: new AbortController() };
    this.#set = set;
    const ring = (): void => {
      if (this.#set !== set) return;
      this.#set = undefined;
      this.#ring();
    };
    // A timer may be early by a fraction.
    this.#sleep(Math.max(1, atMs - this.#nowMs()), set.off.signal).then(ring, () => undefined);
  }
}
