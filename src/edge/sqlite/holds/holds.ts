import type {
  DeleteOutcome,
  GetOptions,
  HeldMessage,
  HideOutcome,
  HoldCounts,
  QueueHolds,
} from "../../../ports/broker/holds.ts";
import { INVISIBLE_MS_MAX } from "../../../ports/broker/holds.ts";
import type { BrokerEvents } from "../../../ports/broker/broker.ts";
import type { BrokerThread } from "../broker/broker-thread.ts";
import type { StoredReceive } from "./holds-protocol.ts";
import { asReceived } from "../broker/messages/message.ts";

/** Messages deleted in one transaction: large bodies take long to delete. */
const SLICE = 100;

/** Messages held in the database: exact, and unmoved by a restart. */
export class SqliteHolds implements QueueHolds {
  readonly invisibleMsMax = INVISIBLE_MS_MAX;
  readonly countsOfOneRouter = false;
  readonly #client: BrokerThread;
  readonly #events: Partial<BrokerEvents>;
  /** Who waits for the bell of a queue. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(client: BrokerThread, events: Partial<BrokerEvents>) {
    this.#client = client;
    this.#events = events;
  }

  async getMany(queue: string, options: GetOptions): Promise<readonly HeldMessage[] | undefined> {
    const received = await this.#client.call("getMany", [queue, options]);
    return received && this.handedOut(queue, options, received);
  }

  /** What a receive came to, as the port has it. Reports what has moved. */
  handedOut(queue: string, { redrive }: GetOptions, { held, moved }: StoredReceive): readonly HeldMessage[] {
    for (const each of moved) {
      this.#events.receivedTooOften?.({ queue, deadLetterQueue: redrive?.queue ?? queue, ...each });
    }
    return held.map(({ message, ...rest }) => ({ message: asReceived(queue, message), ...rest }));
  }

  async bell(queue: string, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const ending = AbortSignal.any([signal, this.#client.ended]);
    return await new Promise<boolean>((resolve) => {
      const settle = (hasRung: boolean): void => {
        ending.removeEventListener("abort", end);
        this.#forget(queue, ring);
        resolve(hasRung);
      };
      const ring = (): void => settle(true);
      const end = (): void => settle(false);
      ending.addEventListener("abort", end, { once: true });
      this.#waiting.set(queue, (this.#waiting.get(queue) ?? new Set()).add(ring));
      this.#client.call("hangBell", [queue]).then((isThere) => (isThere ? undefined : end()), end);
    });
  }

  /** The queue has a message. */
  rung(queue: string): void {
    for (const ring of [...(this.#waiting.get(queue) ?? [])]) ring();
  }

  async delete(queue: string, receipts: readonly string[]): Promise<readonly DeleteOutcome[]> {
    return await this.#client.call("deleteHeld", [queue, receipts]);
  }

  async hide(
    queue: string,
    changes: readonly { readonly receipt: string; readonly invisibleMs: number }[],
  ): Promise<readonly HideOutcome[]> {
    return await this.#client.call("hideHeld", [queue, changes]);
  }

  requireBrowsable(): void {
    // The database shows and moves every queue.
  }

  async counts(queue: string): Promise<HoldCounts | undefined> {
    return await this.#client.call("countHeld", [queue]);
  }

  async oldestSentAtMs(queue: string): Promise<number | undefined> {
    return await this.#client.call("oldestSentAtMs", [queue]);
  }

  async inFlight(): Promise<ReadonlyMap<string, number>> {
    return await this.#client.call("countInFlight", []);
  }

  async clear(queue: string): Promise<number> {
    const lastSequence = await this.#client.call("lastSequence", []);
    return await inSlices(() => this.#client.call("clearSlice", [queue, lastSequence, SLICE]));
  }

  clearedAgoMs(): undefined {
    return undefined;
  }

  /** Deletes a queue with everything in it. */
  async remove(queue: string): Promise<void> {
    // What consumers hold goes with the queue, and what was stored meanwhile with the next turn.
    do await this.clear(queue);
    while (!(await this.#client.call("removeQueue", [queue])));
    this.rung(queue);
  }

  async expire(queue: string, retentionMs: number): Promise<number> {
    const sentAtMsMax = Date.now() - retentionMs;
    return await inSlices(() => this.#client.call("expireSlice", [queue, sentAtMsMax, SLICE]));
  }

  #forget(queue: string, ring: () => void): void {
    const waiting = this.#waiting.get(queue);
    waiting?.delete(ring);
    if (waiting?.size === 0) this.#waiting.delete(queue);
  }
}

/** The store goes on with other work in between. */
async function inSlices(remove: () => Promise<number>): Promise<number> {
  let removed = 0;
  for (;;) {
    const slice = await remove();
    if (slice === 0) return removed;
    removed += slice;
  }
}
