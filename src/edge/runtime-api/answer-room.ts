/** The most that a socket hands over at once. */
const CHUNK_BYTES = 65_536;

/** A body that can be paused. */
export interface RoomTaker {
  pause(): void;
  resume(): void;
}

/** One body's share of the room. */
export interface BodyRoom {
  /** Counts received bytes, and pauses the body when the room is full. */
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
 * The bytes of answers that environments are sending. They have a room of their own, so this port takes no memory from puts
 * and deliveries. When the room is full, bodies wait unread, all but the oldest: so one always ends. That one may exceed the
 * room by one answer.
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

  /** Resumes the oldest body, and one more for each chunk that the free room holds. */
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
