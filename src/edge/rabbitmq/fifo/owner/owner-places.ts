import type { FifoAnswer, FifoRequest } from "../routers/fifo-messages.ts";
import { sentHeld } from "../routers/held.ts";
import type { OwnedQueue } from "./owned-queue.ts";
import type { OwnerWork } from "./owner-work.ts";
import { WindowBudget } from "./window-budget.ts";

/** How long an owner lets a question wait for a message. */
const WAIT_MS = 3_000;

/** A router's place in the line of those that may own a queue. */
export interface OwnerPlace {
  readonly owned: OwnedQueue;
  readonly work: OwnerWork;
}

/** The places of this router, and what it does for all routers where it is the owner. */
export class OwnerPlaces {
  /** Of all that this router holds of the queues that it owns. */
  readonly budget = new WindowBudget();
  readonly #open: (queue: string) => OwnerPlace;
  /** Undefined while other routers cannot reach this one. */
  readonly #session: () => string | undefined;
  readonly #byQueue = new Map<string, OwnerPlace>();

  constructor(open: (queue: string) => OwnerPlace, session: () => string | undefined) {
    this.#open = open;
    this.#session = session;
  }

  find(queue: string): OwnerPlace | undefined {
    return this.#byQueue.get(queue);
  }

  /** The queues that this router owns. */
  get owned(): readonly (readonly [string, OwnerPlace])[] {
    return [...this.#byQueue].filter(([, { owned }]) => owned.isOwner);
  }

  get all(): readonly OwnerPlace[] {
    return [...this.#byQueue.values()];
  }

  /** Stands in the line for the queue. */
  come(queue: string): OwnerPlace {
    const there = this.#byQueue.get(queue);
    if (there !== undefined) return there;
    const place = this.#open(queue);
    this.#byQueue.set(queue, place);
    void place.owned.start();
    return place;
  }

  /** Stands there no more: what this router held is the next one's. */
  async leave(queue: string): Promise<void> {
    const place = this.#byQueue.get(queue);
    this.#byQueue.delete(queue);
    await place?.owned.end();
  }

  async end(): Promise<void> {
    await Promise.all([...this.#byQueue.keys()].map((queue) => this.leave(queue)));
  }

  /** Does what a router asks, this one or another. Never rejects. */
  async serve(request: FifoRequest): Promise<FifoAnswer> {
    const place = this.find(request.queue);
    const session = this.#session();
    if (place?.owned.isOwner !== true || session === undefined) return { is: "failed", isOwner: false };
    try {
      return await serveAsOwner(request, place, session);
    } catch {
      return { is: "failed", isOwner: place.owned.isOwner };
    }
  }
}

async function serveAsOwner(request: FifoRequest, { owned, work }: OwnerPlace, session: string): Promise<FifoAnswer> {
  switch (request.do) {
    case "receive": {
      const messages = await work.receive(request, session);
      return { is: "received", messages: messages.map((held) => sentHeld(request.queue, held)) };
    }
    case "wait":
      owned.release();
      await owned.available(WAIT_MS);
      return { is: "available", available: owned.book.isAvailable };
    case "change":
      return { is: "changed", outcomes: [...(await work.change(request.changes))] };
    case "count":
      await owned.arrival();
      return { is: "counted", ...work.counts() };
  }
}
