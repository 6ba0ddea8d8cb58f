import type { BodyRefusal, ByteBudget } from "./body.ts";

/** The time that any body has, and the pace that a longer one must keep. */
const BODY_MS = 5_000;
const BYTES_PER_SECOND_MIN = 16_384;
const CHECK_MS = 1_000;

/** A body that is being read before anything proves who sent it. */
export interface UnprovenBody extends ByteBudget {
  /** Aborted, with the reason, when the body must give up its room. */
  readonly cutOff: AbortSignal;
  /** Must be called once, when the body has been read or is read no further. */
  readonly end: () => void;
}

interface Held {
  bytes: number;
  readonly cutOff: AbortController;
}

/**
 * The memory for bodies that must be read before their sender is proven: some clients sign the body itself and name no
 * hash. Bytes count as they arrive, so an announced length takes nothing. When the room is full, the address with most
 * bytes loses its oldest body. An honest client needs its room for milliseconds; one that holds its body back keeps
 * nobody else out.
 */
export class UnprovenRoom {
  readonly #limitBytes: number;
  readonly #onRefusal: () => void;
  #usedBytes = 0;
  /** The bodies of each address, the oldest first. */
  readonly #bodies = new Map<string, Set<Held>>();

  /** @param onRefusal called for each body that finds no room. */
  constructor(limitBytes: number, onRefusal: () => void) {
    this.#limitBytes = limitBytes;
    this.#onRefusal = onRefusal;
  }

  /** Makes room for the body of a request from this address. */
  enter(address: string): UnprovenBody {
    const held: Held = { bytes: 0, cutOff: new AbortController() };
    const bodies = this.#bodies.get(address) ?? new Set();
    this.#bodies.set(address, bodies.add(held));
    const startedAtMs = performance.now();
    const timer = setInterval(() => {
      const allowedMs = BODY_MS + (held.bytes / BYTES_PER_SECOND_MIN) * 1_000;
      if (performance.now() - startedAtMs > allowedMs) this.#cutOff(held, "too-slow");
    }, CHECK_MS);
    return {
      cutOff: held.cutOff.signal,
      tryTake: (bytes) => this.#tryTake(held, bytes),
      release: (bytes) => {
        held.bytes -= bytes;
        this.#usedBytes -= bytes;
      },
      end: () => {
        clearInterval(timer);
        bodies.delete(held);
        if (bodies.size === 0) this.#bodies.delete(address);
      },
    };
  }

  #tryTake(held: Held, bytes: number): boolean {
    while (this.#usedBytes + bytes > this.#limitBytes) {
      const oldest = this.#oldestOfHeaviest();
      this.#onRefusal();
      if (oldest === undefined || oldest === held) return false;
      this.#cutOff(oldest, "no-room");
    }
    held.bytes += bytes;
    this.#usedBytes += bytes;
    return true;
  }

  #oldestOfHeaviest(): Held | undefined {
    let heaviest: { readonly bytes: number; readonly oldest: Held | undefined } = { bytes: 0, oldest: undefined };
    for (const bodies of this.#bodies.values()) {
      let bytes = 0;
      let oldest: Held | undefined;
      for (const held of bodies) {
        bytes += held.bytes;
        if (held.bytes > 0) oldest ??= held;
      }
      if (bytes > heaviest.bytes) heaviest = { bytes, oldest };
    }
    return heaviest.oldest;
  }

  /** The reader of the body then releases its bytes at once. */
  #cutOff(held: Held, reason: BodyRefusal): void {
    held.cutOff.abort(reason);
  }
}
