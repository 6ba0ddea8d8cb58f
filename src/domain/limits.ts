/** A bound on what comes from outside, and what to call when something was refused because of it. */
export interface Limit {
  readonly max: number;
  readonly exceeded: () => void;
}

/** Every bound that an operator may move. Each protects one router, whatever the others do. */
export const LIMIT_NAMES = [
  /** Bytes of a request's raw body. */
  "body",
  /** Entries of a put request, or events of a batch. */
  "entries",
  /** Bytes of a request's header. */
  "header",
  /** Connections to the public port, and as many to the Runtime API's. */
  "connections",
  /** Requests a second of one principal, where its credentials say no other. */
  "principalRequests",
  /** Entries that callers wait for at once. */
  "entriesInFlight",
  /** Bytes of events and messages held at once, both directions together. */
  "bytesInFlight",
  /** Bytes of a function's answer. */
  "response",
] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

export type Limits = Readonly<Record<LimitName, Limit>>;

/** Makes the limits from their sizes. `exceeded` is called each time that one was met. */
export function createLimits(sizes: Readonly<Record<LimitName, number>>, exceeded: (name: LimitName) => void): Limits {
  const limits = LIMIT_NAMES.map((name) => [name, { max: sizes[name], exceeded: () => exceeded(name) }]);
  return Object.fromEntries(limits) as Limits;
}
