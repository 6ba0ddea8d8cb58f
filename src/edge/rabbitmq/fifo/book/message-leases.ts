/** What a router knows of a message that somebody has received: enough to keep it locked, and its receipt good. */
export interface MessageLease {
  /** The message's key. */
  readonly key: string;
  readonly receives: number;
  readonly firstReceivedAtMs: number;
  readonly receivedAtMs: number;
  /** Epoch milliseconds; in the past where it is visible again. */
  readonly visibleAtMs: number;
  /** When the owner said so. */
  readonly saidAtMs: number;
}

const LEASES_MAX = 100_000;

/**
 * The leases that owners of FIFO queues have told of. A router that becomes an owner adopts those of the messages that it
 * gets. The oldest are forgotten first: such a message is visible, and its receives begin again.
 */
export class MessageLeases {
  readonly #byKey = new Map<string, MessageLease>();

  /** One that says less than what is known, from an owner that was too slow, is left out. */
  add(lease: MessageLease): void {
    const known = this.#byKey.get(lease.key);
    if (known !== undefined && !isNewer(lease, known)) return;
    this.#byKey.delete(lease.key);
    this.#byKey.set(lease.key, lease);
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > LEASES_MAX && oldest !== undefined) this.#byKey.delete(oldest);
  }

  find(key: string): MessageLease | undefined {
    return this.#byKey.get(key);
  }

  /** The message is deleted. */
  forget(key: string): void {
    this.#byKey.delete(key);
  }
}

function isNewer(one: MessageLease, other: MessageLease): boolean {
  return one.receives === other.receives ? one.saidAtMs >= other.saidAtMs : one.receives > other.receives;
}
