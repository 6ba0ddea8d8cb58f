import type { DueWork } from "./due-work.ts";
import type { Entities } from "./entities.ts";
import type { Leases } from "./leases.ts";

/**
 * Why the store did not do what it was asked.
 *
 * - `unavailable`: nothing was changed, and a later try may succeed.
 * - `unknown`: the connection went while it was committing. Read to find out whether it did.
 * - `full`: its disk is full, and nothing was changed.
 * - `refused`: a person has to mend something, such as a right or a password. Nothing was changed.
 */
export type StoreErrorReason = "unavailable" | "unknown" | "full" | "refused";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly reason: StoreErrorReason;
  constructor(reason: StoreErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/**
 * Remembers what has an identity, is changed, listed and looked up. Two drivers and one contract suite: PostgreSQL, and
 * SQLite for a single process without a server. Everybody but `app/` takes the port that it needs.
 *
 * Everything it is asked rejects with StoreError, and with RangeError beyond the bounds of the ports.
 */
export interface Store extends Entities, Leases, DueWork {
  /** Does what it was asked before, and resolves when everything is released. */
  close(): Promise<void>;
}

/** What can be asked of a store, by name. */
export type StoreOperation = Exclude<keyof Store, "close">;

/** What a store reports about itself, for metrics and logs. */
export interface StoreEvents {
  /** It answers, for the first time or again. */
  available(): void;
  /** It does not answer, or refuses. Reported again when the reason is another. */
  unavailable(error: StoreError): void;
  /** One call has ended. Without a reason it was answered. */
  operated(operation: StoreOperation, seconds: number, failure: StoreErrorReason | undefined): void;
  /** Its connections can be counted from now on. A store without connections never says so. */
  pooled(count: () => StoreConnections): void;
  /** A call has waited so long for a connection, whether it got one or not. */
  waited(seconds: number): void;
}

/** The connections of a store to its server. */
export interface StoreConnections {
  readonly used: number;
  readonly idle: number;
  /** Calls that wait for one. */
  readonly waiting: number;
}
