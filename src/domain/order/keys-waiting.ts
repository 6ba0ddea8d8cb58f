/** How many keys of a function that keeps an order a router has in hand and does not call for. An event without a key counts as one. */
export interface KeysWaiting {
  /** Their first event may be called for, and waits for a free call. */
  readonly turn: number;
  /** Their first event has failed, and is tried again later. */
  readonly retry: number;
}
