/** How many packs are remembered. The one that came longest ago is forgotten first. */
const PACKS_MAX = 1_000;

/**
 * What this router handles, or has handled, of the packs that came to it, by the ids of their members. When a
 * connection is lost, RabbitMQ hands out again what was not acked, mostly to the same router. A member whose handling
 * runs, or has ended well, is not handled again.
 *
 * A pack's id is never used again: the same delivery that comes in another message, such as a redriven one, is not in
 * this memory.
 */
export class SettledMembers {
  readonly #packs = new Map<string, Map<string, Promise<void>>>();

  /** The handlings of a pack's members. Its holder adds what begins, and takes out what fails. */
  of(packId: string): Map<string, Promise<void>> {
    const handlings = this.#packs.get(packId) ?? new Map<string, Promise<void>>();
    this.#packs.delete(packId);
    this.#packs.set(packId, handlings);
    const [oldest] = this.#packs.keys();
    if (oldest !== undefined && this.#packs.size > PACKS_MAX) this.#packs.delete(oldest);
    return handlings;
  }
}
