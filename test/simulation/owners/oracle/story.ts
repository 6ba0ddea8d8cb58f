/** What somebody has of a message, from one receive on. Times are milliseconds of the oracle's clock. */
export interface Lease {
  /** The receive's number, as it said. */
  readonly receives: number;
  readonly receipt: string;
  /** When what is known of it now was asked for: the receive, or the latest change of visibility. */
  beganAtMs: number;
  answeredAtMs: number;
  /** Nobody else may have it before. */
  lockedUntilMs: number;
  /** Routers that have it in mind, whatever they hear. */
  readonly knowers: Set<object>;
  /** Whether its owner could say it to all that hear. */
  isTold: boolean;
}

/** A request that deletes or hides a message. */
export interface Change {
  readonly story: Story;
  readonly beganAtMs: number;
  readonly receives: number;
  /** Undefined for a delete. */
  readonly invisibleMs: number | undefined;
  /** The lease that stood when it began. */
  readonly lease: Lease | undefined;
  /** Whether the router that is asked has that one in mind. */
  readonly isKnown: boolean;
  /** Whether it may still be made. */
  isOpen: boolean;
  /** Infinity while it is not answered. */
  answeredAtMs: number;
}

/** What the oracle knows of a message that somebody has sent. */
export interface Story {
  readonly id: string;
  readonly group: string;
  /** What it is deduplicated by. */
  readonly key: string;
  readonly delayMs: number;
  readonly beganAtMs: number;
  /** Whether a router has answered that it is stored. */
  isAccepted: boolean;
  /** Its place in the queue, and when it came there; undefined while it is not. */
  place: number | undefined;
  storedAtMs: number;
  /** Whether it is the first of its key in five minutes. `unknown`: that depends on clocks. */
  role: "original" | "duplicate" | "unknown";
  /** How often it was received, as its last receive said. */
  receives: number;
  lease: Lease | undefined;
  /** Whether its receives began anew: then numbers say less. */
  wasExcused: boolean;
  /** What each of its receives said. */
  readonly counts: number[];
  /** When a delete of it was answered. */
  deletedAtMs: number | undefined;
  readonly changes: Change[];
}

/** Whether a delete of it was made, or may have been or be. */
export function mayBeDeleted({ deletedAtMs, changes }: Story): boolean {
  return deletedAtMs !== undefined || changes.some(({ invisibleMs, isOpen }) => invisibleMs === undefined && isOpen);
}
