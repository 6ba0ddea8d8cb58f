import type { BrokerEvents } from "../../../../ports/broker/broker.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { CarriedHold, Hold, HoldBook } from "../book/hold-book.ts";
import { isCarried } from "../book/hold-book.ts";
import { placesNotStored } from "../storing.ts";
import { waiting } from "./moved-message.ts";

const LOOK_EVERY_MS = 1_000;
/** What is visible so soon need not move. */
const SOON_MS = 2_000;
const BATCH_MAX = 500;
const BATCH_BYTES_MAX = 16 * 1024 * 1024;

export interface MoverOptions {
  readonly book: HoldBook;
  /** Resolves when all are confirmed. @throws PublishError */
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Whether a message was deleted while it was on its way. */
  readonly isDeleted: (hold: Hold) => boolean;
  readonly events: Pick<BrokerEvents, "fault">;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly moveAfterMs: number;
  readonly heldBytesMax: number;
}

/**
 * Moves what this router has held for long into `busbar.sqs.held`, the oldest first: RabbitMQ closes a channel that holds a
 * message for 30 minutes, and before 4.3 keeps its log from that message on. The copy is confirmed before the original is acked.
 */
export class Mover {
  readonly #options: MoverOptions;
  readonly #moving = new Map<string, Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> | undefined;

  constructor(options: MoverOptions) {
    this.#options = options;
  }

  start(): void {
    const everyMs = Math.min(LOOK_EVERY_MS, this.#options.moveAfterMs);
    this.#timer = setInterval(() => void this.look(), everyMs).unref();
  }

  /** Moves what is old, and the oldest while more bytes are held than may be. One pass runs at a time. */
  look(): Promise<void> {
    this.#pass ??= this.#moveOld().finally(() => (this.#pass = undefined));
    return this.#pass;
  }

  /** Moves everything, until `signal` fires. What cannot be moved stays. */
  async moveAll(signal: AbortSignal): Promise<void> {
    clearInterval(this.#timer);
    await this.#pass;
    while (this.#options.book.size > 0 && !signal.aborted) {
      if (!(await this.#move(this.#batch(() => true, -Infinity)))) return;
    }
  }

  /** Resolves when none of the messages is on its way: each is held here, or has moved. */
  async settled(fingerprints: readonly string[]): Promise<void> {
    for (const fingerprint of fingerprints) await this.#moving.get(fingerprint);
  }

  async #moveOld(): Promise<void> {
    const { book, moveAfterMs, heldBytesMax } = this.#options;
    for (;;) {
      const nowMs = performance.now();
      let bytes = book.bytes;
      const batch = this.#batch((hold) => {
        const isWanted = bytes > heldBytesMax || hold.receivedAtMs + moveAfterMs <= nowMs;
        if (isWanted) bytes -= hold.carried.bytes;
        return isWanted;
      });
      if (batch.length === 0 || !(await this.#move(batch))) return;
    }
  }

  /** The oldest that are wanted, up to the first that is not. */
  #batch(isWanted: (hold: CarriedHold) => boolean, soonMs = performance.now() + SOON_MS): readonly CarriedHold[] {
    const batch: CarriedHold[] = [];
    let bytes = 0;
    for (const hold of this.#options.book.oldest()) {
      if (!isCarried(hold) || hold.visibleAtMs < soonMs) continue;
      if (batch.length >= BATCH_MAX || bytes >= BATCH_BYTES_MAX || !isWanted(hold)) break;
      batch.push(hold);
      bytes += hold.carried.bytes;
    }
    return batch;
  }

  /** @returns whether all have moved. */
  async #move(batch: readonly CarriedHold[]): Promise<boolean> {
    if (batch.length === 0) return false;
    const { book } = this.#options;
    for (const hold of batch) book.lend(hold);
    const stored = this.#store(batch);
    for (const { fingerprint } of batch) this.#moving.set(fingerprint, stored);
    const failed = await stored;
    batch.forEach((hold, index) => {
      this.#moving.delete(hold.fingerprint);
      if (!failed.has(index) || this.#options.isDeleted(hold)) book.delete(hold);
      else book.takeBack(hold);
    });
    return failed.size === 0;
  }

  /** @returns the places of those that are not stored. */
  #store(batch: readonly CarriedHold[]): Promise<ReadonlySet<number>> {
    const nowMs = this.#options.clock();
    // From the clock of `performance.now` to the one that routers share.
    const aheadMs = nowMs - performance.now();
    const times = ({ visibleAtMs, receivedAtMs }: Hold) => ({
      visibleAtMs: Math.ceil(visibleAtMs + aheadMs),
      receivedAtMs: Math.floor(receivedAtMs + aheadMs),
      nowMs,
    });
    const { publish, events } = this.#options;
    return placesNotStored(
      batch,
      (holds) => publish(holds.map((hold) => waiting(hold, times(hold)))),
      (error) => events.fault("messages that are held for long cannot be moved", error),
    );
  }
}
