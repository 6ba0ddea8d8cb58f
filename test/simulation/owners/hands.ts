import type { HolderPlaces } from "../holds/holder-places.ts";
import type { SimulatedHolder } from "../holds/simulated-holder.ts";
import type { HandOut } from "../rabbitmq/queue.ts";

/** Which router has which message of the queue in hand, as RabbitMQ sees it. */
export class Hands {
  readonly #places: HolderPlaces;
  readonly #nowMs: () => number;
  readonly #byId = new Map<string, SimulatedHolder>();
  readonly #returnedAtMs = new Map<string, number>();
  #owner: SimulatedHolder | undefined;
  /** How often another router came to own messages. */
  takeovers = 0;

  constructor(places: HolderPlaces, nowMs: () => number) {
    this.#places = places;
    this.#nowMs = nowMs;
  }

  /** Who got a message last. */
  get owner(): SimulatedHolder | undefined {
    return this.#owner;
  }

  ownerOf(id: string): SimulatedHolder | undefined {
    return this.#byId.get(id);
  }

  /** Whether the message did not come back since then. */
  hasSameOwner(id: string, sinceMs: number): boolean {
    return (this.#returnedAtMs.get(id) ?? -Infinity) < sinceMs;
  }

  handedOut({ stored, subscription }: HandOut): SimulatedHolder | undefined {
    const router = subscription && this.#places.find(subscription);
    if (router === undefined) return undefined;
    this.#byId.set(stored.message.id, router);
    if (router !== this.#owner) this.takeovers += 1;
    this.#owner = router;
    return router;
  }

  returned(id: string): void {
    this.#byId.delete(id);
    this.#returnedAtMs.set(id, this.#nowMs());
  }

  left(id: string): void {
    this.#byId.delete(id);
  }
}
