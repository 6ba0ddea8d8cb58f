import { broadcast } from "../../broadcast.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { HoldBook } from "../book/hold-book.ts";
import type { HoldMessage } from "./hold-messages.ts";
import { CHANGES_MAX, encodeHoldMessage } from "./hold-messages.ts";
import { Tombstones } from "./tombstones.ts";

/** How many queues are known as cleared; the one cleared longest ago is forgotten first. */
const CLEARED_MAX = 10_000;

/** A message that may be deleted. */
export interface DeletedMessage {
  readonly queue: string;
  readonly fingerprint: string;
  /** Epoch milliseconds; undefined where nobody wrote it. */
  readonly sentAtMs: number | undefined;
}

type ClearedTold = Extract<HoldMessage, { readonly type: "cleared" }>;

/** What routers know of a queue that was cleared. */
interface Cleared {
  /** What was sent before is deleted, epoch milliseconds. */
  readonly sentBeforeMs: number;
  /** The same of the last purge; undefined where there was none. */
  readonly purgedBeforeMs: number | undefined;
  /** When this router heard of that purge, on the clock of `performance.now`. */
  readonly heardAtMs: number | undefined;
}

/** Messages that are deleted although they may come yet. All routers know the same. */
export class DeletedMessages {
  readonly #books: readonly HoldBook[];
  readonly #publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly #onCleared: (queue: string, sentBeforeMs: number) => void;
  readonly #tombstones = new Tombstones();
  readonly #cleared = new Map<string, Cleared>();

  /**
   * @param books of what this router holds, and of what has moved.
   * @param cleared is called for each queue that this router or another one clears.
   */
  constructor(
    books: readonly HoldBook[],
    publish: (messages: readonly Outgoing[]) => Promise<void>,
    cleared: (queue: string, sentBeforeMs: number) => void,
  ) {
    this.#books = books;
    this.#publish = publish;
    this.#onCleared = cleared;
  }

  /** Deletes messages wherever they are. @throws PublishError when the other routers may not know. */
  async add(fingerprints: readonly string[]): Promise<void> {
    for (let from = 0; from < fingerprints.length; from += CHANGES_MAX)
      await this.#tellAll({ type: "deleted", fingerprints: fingerprints.slice(from, from + CHANGES_MAX) });
  }

  /** Deletes what was sent to a queue before, wherever it is. @throws PublishError when the other routers may not know. */
  async clear(queue: string, sentBeforeMs: number): Promise<void> {
    await this.#tellAll({ type: "cleared", queue, sentBeforeMs });
  }

  /** The same of everything that is in the hands of routers, whenever it was sent. @throws PublishError likewise. */
  async purge(queue: string, nowMs: number): Promise<void> {
    await this.#tellAll({ type: "cleared", queue, sentBeforeMs: nowMs, isPurge: true });
  }

  has({ queue, fingerprint, sentAtMs }: DeletedMessage): boolean {
    if (this.isBuried(fingerprint)) return true;
    return sentAtMs !== undefined && sentAtMs < (this.#cleared.get(queue)?.sentBeforeMs ?? 0);
  }

  /** What is sent to a queue from now on counts as sent at this time or later, epoch milliseconds: it was purged then. */
  purgedBeforeMs(queue: string): number | undefined {
    return this.#cleared.get(queue)?.purgedBeforeMs;
  }

  /** How long ago this router heard that a queue was purged, in milliseconds. */
  purgedAgoMs(queue: string): number | undefined {
    const heardAtMs = this.#cleared.get(queue)?.heardAtMs;
    return heardAtMs === undefined ? undefined : performance.now() - heardAtMs;
  }

  /** Whether a message was deleted while no router held it. */
  isBuried(fingerprint: string): boolean {
    return this.#tombstones.has(fingerprint);
  }

  /** What is known, as messages to a router that does not know it. */
  all(): readonly HoldMessage[] {
    const { all } = this.#tombstones;
    const slices = Array.from({ length: Math.ceil(all.length / CHANGES_MAX) }, (_, n) =>
      all.slice(n * CHANGES_MAX, (n + 1) * CHANGES_MAX),
    );
    return [
      ...slices.map((fingerprints): HoldMessage => ({ type: "deleted", fingerprints })),
      ...[...this.#cleared].map(([queue, { sentBeforeMs, purgedBeforeMs }]): HoldMessage => {
        return { type: "cleared", queue, sentBeforeMs, ...(purgedBeforeMs === undefined ? {} : { purgedBeforeMs }) };
      }),
    ];
  }

  /** To be called with every message of a router. */
  hear(message: HoldMessage): void {
    this.#take(message);
    if (message.type !== "cleared" || message.isPurge !== true) return;
    const cleared = this.#cleared.get(message.queue);
    if (cleared !== undefined) this.#cleared.set(message.queue, { ...cleared, heardAtMs: performance.now() });
  }

  async #tellAll(message: HoldMessage): Promise<void> {
    this.#take(message);
    await this.#publish([broadcast(encodeHoldMessage(message))]);
  }

  #take(message: HoldMessage): void {
    if (message.type === "deleted") for (const fingerprint of message.fingerprints) this.#bury(fingerprint);
    if (message.type === "cleared") this.#clear(message);
  }

  #bury(fingerprint: string): void {
    this.#tombstones.add(fingerprint);
    for (const book of this.#books) for (const hold of book.ofMessage(fingerprint)) book.delete(hold);
  }

  #clear({ queue, sentBeforeMs, isPurge = false, ...told }: ClearedTold): void {
    const purgedBeforeMs = isPurge ? sentBeforeMs : told.purgedBeforeMs;
    const before = this.#cleared.get(queue);
    this.#cleared.delete(queue);
    this.#cleared.set(queue, {
      sentBeforeMs: Math.max(sentBeforeMs, before?.sentBeforeMs ?? 0),
      purgedBeforeMs: latest(purgedBeforeMs, before?.purgedBeforeMs),
      heardAtMs: before?.heardAtMs,
    });
    const [longestAgo] = this.#cleared.keys();
    if (longestAgo !== undefined && this.#cleared.size > CLEARED_MAX) this.#cleared.delete(longestAgo);
    for (const book of this.#books) {
      for (const hold of book.of(queue)) if (isPurge || hold.sentAtMs < sentBeforeMs) book.delete(hold);
    }
    this.#onCleared(queue, sentBeforeMs);
  }
}

function latest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}
