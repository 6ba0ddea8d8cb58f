/** What a socket hands over at once, at most. */
const CHUNK_BYTES = 65_536;

/** The body that takes up room, as far as the room knows it. */
export interface RoomTaker {
  pause(): void;
  resume(): void;
}

/** The room of one body. */
export interface BodyRoom {
  /** Counts bytes that have come, and pauses the body when the room is full. */
  add(bytes: number): void;
  /** Gives all of its bytes back. Idempotent. */
  leave(): void;
}

interface Body {
  readonly taker: RoomTaker;
  bytes: number;
  isPaused: boolean;
}

/**
 * The bytes of answers that environments are sending, which have a room of their own: whatever comes to this port takes
 * nothing away from puts and deliveries. When the room is full, bodies wait unread, and their senders with them. Only the
 * oldest body goes on then, so that one always ends; it may exceed the room by one answer.
 */
export class AnswerRoom {
  readonly #bytesMax: number;
  /** Oldest first. */
  readonly #bodies = new Set<Body>();
  #usedBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  enter(taker: RoomTaker): BodyRoom {
    const body: Body = { taker, bytes: 0, isPaused: false };
    this.#bodies.add(body);
    this.#pauseIfFull(body);
    return {
      add: (bytes) => {
        if (!this.#bodies.has(body)) return;
        body.bytes += bytes;
        this.#usedBytes += bytes;
        this.#pauseIfFull(body);
      },
      leave: () => {
        if (!this.#bodies.delete(body)) return;
        this.#usedBytes -= body.bytes;
        this.#resumeSome();
      },
    };
  }

  #pauseIfFull(body: Body): void {
    const [oldest] = this.#bodies;
    if (body.isPaused || body === oldest || this.#usedBytes < this.#bytesMax) return;
    body.isPaused = true;
    body.taker.pause();
  }

  /** As many as the free room holds a chunk of, and the oldest in any case. */
  #resumeSome(): void {
    let free = Math.max(1, Math.floor((this.#bytesMax - this.#usedBytes) / CHUNK_BYTES));
    for (const body of this.#bodies) {
      if (free-- <= 0) return;
      if (!body.isPaused) continue;
      body.isPaused = false;
      body.taker.resume();
    }
  }
}
