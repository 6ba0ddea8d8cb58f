/** One receive of a message, as its receipt names it. */
export interface MessageReceive {
  /** The message's key. */
  readonly key: string;
  readonly receives: number;
  /** Of the owner that has handed it out. Two owners, one of which was too slow, may count the same. */
  readonly session: string;
}

/** What a router knows of a message that somebody has received: enough to keep it locked, and its receipt good. */
export interface MessageLease extends MessageReceive {
  readonly firstReceivedAtMs: number;
  readonly receivedAtMs: number;
  /** Epoch milliseconds; in the past where it is visible again. */
  readonly visibleAtMs: number;
  /** When an owner said so first: later than what it knew then, by whichever clock that was said. A number of receives may begin anew. */
  readonly saidAtMs: number;
}

const LEASES_MAX = 100_000;

/**
 * The leases that owners of FIFO queues have told of. A router that becomes an owner adopts those of the messages that it
 * gets. The oldest are forgotten first: such a message is visible, and its receives begin again.
 */
export class MessageLeases {
  readonly #byKey = new Map<string, MessageLease>();

  /** One that was said before what is known, by an owner that was too slow, is left out. */
  add(lease: MessageLease): void {
    const known = this.#byKey.get(lease.key);
    if (known !== undefined && lease.saidAtMs < known.saidAtMs) return;
    this.#byKey.delete(lease.key);
    this.#byKey.set(lease.key, lease);
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > LEASES_MAX && oldest !== undefined) this.#byKey.delete(oldest);
  }

  find(key: string): MessageLease | undefined {
    return this.#byKey.get(key);
  }

  /** Whether the message is known to have been handed out again since that receive. */
  isPast({ key, receives, session }: MessageReceive): boolean {
    const known = this.#byKey.get(key);
    if (known === undefined || known.receives < receives) return false;
    return known.receives > receives || known.session !== session;
  }

  /** The message is deleted. */
  forget(key: string): void {
    this.#byKey.delete(key);
  }
}
