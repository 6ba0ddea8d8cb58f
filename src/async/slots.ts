import { WaitingLine } from "./waiting-line.ts";

/** Lets so many go on at once, and the others in the order in which they asked. The limit may change. */
export class Slots {
  readonly #limit: () => number;
  readonly #line = new WaitingLine<true>(() => this.tryTake() || undefined);
  #taken = 0;
  #allFree: PromiseWithResolvers<undefined> | undefined;

  /** @param limit how many may go on at once, as of now. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Takes a slot that is free now. Returns whether there was one, which the caller has to release. */
  tryTake(): boolean {
    const isFree = this.#taken < this.#limit();
    if (isFree) this.#taken += 1;
    return isFree;
  }

  get taken(): number {
    return this.#taken;
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Waits for a slot. Resolves with whether it got one, which the caller has to release; false when the signal fires. */
  async take(signal?: AbortSignal): Promise<boolean> {
    return (await this.#line.take(signal)) ?? false;
  }

  release(): void {
    this.#taken -= 1;
    this.#line.serve();
    if (this.#taken > 0) return;
    this.#allFree?.resolve(undefined);
    this.#allFree = undefined;
  }

  /** Resolves when no slot is taken, at once if none is. Somebody may have taken one by the time that is seen. */
  async free(): Promise<void> {
    if (this.#taken === 0) return;
    this.#allFree ??= Promise.withResolvers<undefined>();
    await this.#allFree.promise;
  }

  /** Gives free slots to those who wait. Has to be called when the limit has grown. */
  serve(): void {
    this.#line.serve();
  }

  /** Lets nobody wait any longer: their `take` resolves with false. */
  dismiss(): void {
    this.#line.dismiss();
  }
}
