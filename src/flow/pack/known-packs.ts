import type { Received } from "../../domain/queue/message.ts";

/** How many packs are remembered. The one that came longest ago is forgotten first. */
const PACKS_MAX = 1_000;

/** What this router knows of a pack that came to it. */
export interface KnownPack {
  /**
   * How many routers had died holding it when it came first. What the broker has counted since says nothing of its
   * members: a router calls nobody out of a pack that comes to it with a count, and this one lives.
   */
  readonly crashes: number;
  /**
   * The handlings of its members, by their places: two that were redriven differently may have one id. Their holder adds
   * what begins, and takes out what fails.
   */
  readonly handlings: Map<number, Promise<void>>;
}

/**
 * What this router handles, or has handled, of the packs that came to it. When a connection is lost, RabbitMQ hands out
 * again what was not acked, to this router or to another. A member whose handling runs here, or has ended well, is not
 * handled again.
 *
 * A pack's id is never used again: the same delivery that comes in another message, such as a redriven one, is not in
 * this memory.
 */
export class KnownPacks {
  readonly #packs = new Map<string, KnownPack>();

  of({ id, crashes }: Pick<Received, "id" | "crashes">): KnownPack {
    const pack = this.#packs.get(id) ?? { crashes, handlings: new Map<number, Promise<void>>() };
    this.#packs.delete(id);
    this.#packs.set(id, pack);
    const [oldest] = this.#packs.keys();
    if (oldest !== undefined && this.#packs.size > PACKS_MAX) this.#packs.delete(oldest);
    return pack;
  }
}
