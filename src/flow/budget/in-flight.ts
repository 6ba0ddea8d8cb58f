import { Shares } from "./shares.ts";

/** Shares of the whole budget. Puts may exceed theirs by a quarter: all together are the whole. */
const UNPROVEN = 1 / 8;
const LEAST = 1 / 4;
const PUTS_MOST = 1 / 2;
const DELIVERIES_MOST = 5 / 8;

/** Bytes that one caller takes and gives back. */
export interface CallerBytes {
  /** Takes bytes if there is room for them; the caller is refused when there is not. */
  tryTake(bytes: number): boolean;
  release(bytes: number): void;
}

/**
 * The budget of bytes in flight, both directions together. amqplib's own back-pressure counts frames, not bytes: a
 * channel says "full" only after hundreds of large messages, so the router counts for itself.
 *
 * A quarter is reserved for deliveries and a quarter for puts, so that neither stops the other. Either may have more
 * while the other needs less. Puts share theirs by caller. An eighth is for requests whose sender is not proven yet.
 */
export class InFlightBytes {
  readonly limitBytes: number;
  /** For bodies that must be read before their sender is proven. */
  readonly unprovenLimitBytes: number;
  readonly #puts = new Shares();
  #deliveryBytes = 0;
  readonly #listeners: ((full: boolean) => void)[] = [];
  #full = false;

  readonly #onRefusal: () => void;

  /** @param onRefusal called each time that a caller found no room. */
  constructor(limitBytes: number, onRefusal: () => void = () => undefined) {
    this.limitBytes = limitBytes;
    this.unprovenLimitBytes = limitBytes * UNPROVEN;
    this.#onRefusal = onRefusal;
  }

  get usedBytes(): number {
    return this.#deliveryBytes + this.#puts.total;
  }

  /** Whether deliveries have used up their room. It is so until half of the room is free again. */
  get isFull(): boolean {
    return this.#full;
  }

  /** How many more bytes deliveries may have. */
  get deliveryRoomBytes(): number {
    return this.#roomBeside(this.#puts.total, DELIVERIES_MOST) - this.#deliveryBytes;
  }

  /** The bytes of what a caller puts. `who` is the principal's id, or the address of a caller without credentials. */
  putsOf(who: string): CallerBytes {
    return {
      tryTake: (bytes) => {
        if (!this.#puts.hasRoom(who, bytes, this.#roomBeside(this.#deliveryBytes, PUTS_MOST))) {
          this.#onRefusal();
          return false;
        }
        this.#puts.take(who, bytes);
        this.#notify();
        return true;
      },
      release: (bytes) => {
        this.#puts.release(who, bytes);
        this.#notify();
      },
    };
  }

  /** Takes bytes that have arrived already, such as a message from the broker. */
  take(bytes: number): void {
    this.#deliveryBytes += bytes;
    this.#notify();
  }

  release(bytes: number): void {
    this.#deliveryBytes -= bytes;
    this.#notify();
  }

  /** Called with `true` when deliveries have used up their room, with `false` when half of it is free again. */
  onChange(listener: (full: boolean) => void): void {
    this.#listeners.push(listener);
  }

  #roomBeside(otherBytes: number, most: number): number {
    const left = this.limitBytes - this.unprovenLimitBytes - otherBytes;
    return Math.max(this.limitBytes * LEAST, Math.min(this.limitBytes * most, left));
  }

  #notify(): void {
    const room = this.#roomBeside(this.#puts.total, DELIVERIES_MOST);
    const full = this.#full ? this.#deliveryBytes > room / 2 : this.#deliveryBytes >= room;
    if (full === this.#full) return;
    this.#full = full;
    for (const listener of this.#listeners) listener(full);
  }
}
