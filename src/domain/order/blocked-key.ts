/** A key of a function that keeps an order, whose first event has used up its retries and is not to be passed. */
export interface BlockedKey {
  /** The function's name. */
  readonly function: string;
  /** The key as JSON text; left out for an event without one. */
  readonly key?: string;
  /** The delivery that is tried on. */
  readonly deliveryId: string;
  /** Its event, where it has one. */
  readonly eventId?: string;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  /** How often it had been called for by then. */
  readonly attempts: number;
  /** Why the last of these failed. */
  readonly reason: string;
  readonly message: string;
}
