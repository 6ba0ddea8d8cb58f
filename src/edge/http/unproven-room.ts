import type { BodyRefusal, ByteBudget } from "./body.ts";

/** Time that any body has, and the bytes a second that a longer one must come with. */
const BODY_MS = 5_000;
const BYTES_PER_SECOND_MIN = 16_384;
const CHECK_MS = 1_000;

/** A body that is being read before anything proves who sent it. */
export interface UnprovenBody extends ByteBudget {
  /** Aborted with the reason when the body must give its room up. */
  readonly cutOff: AbortSignal;
  /** To be called, once, when the body has been read or is not read any more. */
  readonly end: () => void;
}

interface Held {
  bytes: number;
  readonly cutOff: AbortController;
}

/**
 * The room of bodies that must be read before it is known who sent them: a signature covers the body, and some clients
 * sign nothing else that has its hash. Bytes count as they arrive, so an announced length takes nothing. When the room
 * is full, the body that has been there longest gives way, of the address that holds most: a client that sends what it
 * has signed needs its room for milliseconds, and one that holds it back keeps nobody else out.
 */
export class UnprovenRoom {
  readonly #limitBytes: number;
  readonly #onRefusal: () => void;
  #usedBytes = 0;
  /** The bodies of each address, the longest there first. */
  readonly #bodies = new Map<string, Set<Held>>();

  /** @param onRefusal called each time that a body found no room. */
  constructor(limitBytes: number, onRefusal: () => void) {
    this.#limitBytes = limitBytes;
    this.#onRefusal = onRefusal;
  }

  /** @param address that a body comes from. */
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

  /** Whoever reads the body releases its bytes at once. */
  #cutOff(held: Held, reason: BodyRefusal): void {
    held.cutOff.abort(reason);
  }
}
