import type { StoreError, StoreErrorReason, StoreEvents } from "../../ports/store/store.ts";

/** Whether the store answers, as its calls show it: reported when that changes. */
export class Availability {
  readonly #events: Partial<StoreEvents>;
  /** The reason why it does not. */
  #trouble: StoreErrorReason | "none" | "not yet asked" = "not yet asked";

  constructor(events: Partial<StoreEvents>) {
    this.#events = events;
  }

  answered(): void {
    if (this.#trouble === "none") return;
    this.#trouble = "none";
    this.#events.available?.();
  }

  failed(error: StoreError): void {
    // Whether a commit was made says nothing of how the store is now: it is away.
    const trouble = error.reason === "unknown" ? "unavailable" : error.reason;
    if (this.#trouble === trouble) return;
    this.#trouble = trouble;
    this.#events.unavailable?.(error);
  }
}
