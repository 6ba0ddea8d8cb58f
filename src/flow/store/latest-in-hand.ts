/** A value that this router holds, as a message of a queue with a single active consumer. */
export interface InOneHand<Value> {
  readonly value: Value;
  /** When it came, epoch milliseconds. */
  readonly sinceMs: number;
  /** Fires when it belongs to this router no more. */
  readonly lost: AbortSignal;
}

interface Held<Value> extends InOneHand<Value> {
  /** Lets the broker forget the message. */
  readonly ack: () => void;
  readonly giveBack: () => void;
}

/**
 * The one of several values in a queue that counts. It stays unacked while it is in hand: when this router dies, the
 * broker hands it to another. Any other one is acked as soon as the one that counts is here.
 */
export class LatestInHand<Value> {
  #held: Held<Value> | undefined;
  readonly #countsOver: (one: Value, other: Value) => boolean;
  readonly #onChange: () => void;

  /**
   * @param countsOver whether the first of two counts.
   * @param onChange called when another value is in hand, or none.
   */
  constructor(countsOver: (one: Value, other: Value) => boolean, onChange: () => void) {
    this.#countsOver = countsOver;
    this.#onChange = onChange;
  }

  get held(): InOneHand<Value> | undefined {
    return this.#held;
  }

  /** Takes a value from the queue. Resolves when it may be acked; rejects with the reason of `lost` when that fires. */
  take(value: Value, sinceMs: number, lost: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const onLost = (): void => {
      reject(lost.reason as Error);
      if (this.#held === held) this.#hold(undefined);
    };
    lost.addEventListener("abort", onLost, { once: true });
    const ended = promise.finally(() => lost.removeEventListener("abort", onLost));
    const ack = (): void => resolve(undefined);
    const giveBack = (): void => reject(new Error("the router stops, and another one goes on"));
    const held: Held<Value> = { value, sinceMs, lost, ack, giveBack };
    const other = this.#held;
    if (lost.aborted) onLost();
    else if (other !== undefined && !this.#countsOver(value, other.value)) ack();
    else {
      other?.ack();
      this.#hold(held);
    }
    return ended;
  }

  /** Has none in hand any more. @param isStored whether another one that says the same is in the queue. */
  letGo(isStored: boolean): void {
    const held = this.#held;
    this.#held = undefined;
    if (isStored) held?.ack();
    else held?.giveBack();
  }

  #hold(held: Held<Value> | undefined): void {
    this.#held = held;
    this.#onChange();
  }
}
