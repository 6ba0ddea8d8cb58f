import type { FifoGetOptions } from "../../../../ports/broker/fifo-queues.ts";
import { INVISIBLE_MS_MAX } from "../../../../ports/broker/holds.ts";
import type { FifoMemory } from "../book/fifo-memory.ts";
import type { GroupBook } from "../book/group-book.ts";
import { UNTIL_SETTLED_MS } from "../book/group-book.ts";
import type { MessageLease, MessageReceive } from "../book/message-leases.ts";
import { OwnerAttempts } from "./owner-attempts.ts";
import type { FifoLog } from "./fifo-log.ts";
import type { RemovalOptions } from "./removal.ts";
import { Removal } from "./removal.ts";
import type { LentMessage, WindowMessage } from "./window.ts";

/** Messages that one receive may delete as too old, or move to the dead-letter queue, before it answers. */
const SETTLED_MAX = 500;
const SETTLING_MS = 100;

/** A change of a message by its receipt. Without `invisibleMs` it is deleted. */
export interface FifoChange extends MessageReceive {
  readonly invisibleMs?: number | undefined;
}

export type FifoChangeOutcome = "deleted" | "changed" | "too-long" | "expired" | "gone";

export interface OwnerWorkOptions extends RemovalOptions {
  /** Says to all routers what was received, for the next owner. */
  readonly leased: (leases: readonly MessageLease[]) => Promise<void>;
  /** Says to all routers that nobody has got these. */
  readonly returned: (messages: readonly LentMessage[]) => void;
  readonly log: Pick<FifoLog, "append" | "current">;
  readonly memory: Pick<FifoMemory, "leases" | "deleted">;
}

/** What the owner of a FIFO queue does for those who receive from it, at whichever router. */
export class OwnerWork {
  readonly #options: OwnerWorkOptions;
  readonly #removal: Removal;
  readonly #attempts = new OwnerAttempts();

  constructor(options: OwnerWorkOptions) {
    this.#options = options;
    this.#removal = new Removal(options);
  }

  /** @param session of this router. @throws Error when the queue is another router's by now, or the log cannot be read. */
  async receive(options: FifoGetOptions, session: string): Promise<readonly LentMessage[]> {
    const { owned, log, clock } = this.#options;
    const { attemptId } = options;
    await owned.arrival();
    await log.current();
    owned.release();
    const { book } = owned;
    const again = attemptId === undefined ? undefined : this.#attempts.find(book, attemptId, clock());
    if (again !== undefined) {
      for (const message of again) book.hide(message, clock() + options.invisibleMs);
      return await this.#handOut(lent(again), book, options);
    }
    for (let settled = 0; settled < SETTLED_MAX;) {
      const { handedOut: taken, settling } = book.take(clock(), {
        ...options,
        fateOf: (message) =>
          this.#isGone(message, options) || this.#isTooOften(message, options) ? "settle" : "hand-out",
      });
      for (const message of taken) message.session = session;
      const handedOut = lent(taken);
      const have = await Promise.all(settling.map((message) => this.#settle(message, options)));
      settled += settling.length;
      owned.touch();
      const isEnd = handedOut.length > 0 || settling.length === 0 || have.includes(false);
      if (isEnd) return await this.#handOut(handedOut, book, options);
    }
    return [];
  }

  /** Deletes messages, hides them or gives them back. Resolves when that is durable, with an outcome for each, in order. */
  async change(changes: readonly FifoChange[]): Promise<readonly FifoChangeOutcome[]> {
    const { owned, memory } = this.#options;
    await owned.arrival();
    // One that another request deletes now is deleted, or as it was, in a moment.
    const isSettling = ({ key }: FifoChange): boolean => owned.book.find(key)?.visibleAtMs === UNTIL_SETTLED_MS;
    while (owned.isOwner && changes.some(isSettling)) await owned.change(SETTLING_MS);
    owned.release();
    const { book } = owned;
    const found = changes.map((change): FoundMessage => ({ ...change, message: book.find(change.key) }));
    const outcomes = found.map((each) => (each.invisibleMs === undefined ? this.#deletion(each) : this.#hide(each)));
    const chosen = (outcome: FifoChangeOutcome) => found.filter((_, at) => outcomes[at] === outcome);
    const deleting = chosen("deleted");
    // It may be on its way, or among those that are too many to be held: then it is deleted when it comes.
    const elsewhere = deleting.filter(({ message, key }) => message === undefined && !memory.deleted.has(key));
    await this.#removal.delete(
      messagesOf(deleting),
      elsewhere.map(({ key }) => key),
    );
    await this.#tellLeases(lent(messagesOf(chosen("changed"))), book);
    owned.touch();
    return outcomes;
  }

  #deletion(found: FoundMessage): FifoChangeOutcome {
    if (found.message !== undefined) return isInHand(found) ? "deleted" : "expired";
    return this.#options.memory.leases.isPast(found) ? "expired" : "deleted";
  }

  #hide(found: FoundMessage): FifoChangeOutcome {
    const { message, invisibleMs = 0 } = found;
    const { owned, clock } = this.#options;
    if (message === undefined || !isInHand(found)) return "gone";
    const nowMs = clock();
    if (nowMs + invisibleMs > (message.receivedAtMs ?? nowMs) + INVISIBLE_MS_MAX) return "too-long";
    owned.book.hide(message, invisibleMs === 0 ? undefined : nowMs + invisibleMs);
    return "changed";
  }

  /** Deletes what was sent so long ago. @returns how many */
  async expire(retentionMs: number): Promise<number> {
    const { owned, clock } = this.#options;
    await owned.arrival();
    const nowMs = clock();
    const past = [...owned.book.all()].filter(({ sentAtMs }) => sentAtMs + retentionMs <= nowMs);
    await this.#removal.delete(past);
    owned.touch();
    return past.length;
  }

  /** Received and invisible, and delayed; the rest of what is here is visible. */
  counts(): { visible: number; invisible: number; delayed: number; oldestSentAtMs?: number } {
    let [visible, invisible, delayed, oldestSentAtMs] = [0, 0, 0, Infinity];
    for (const { visibleAtMs, receives, sentAtMs } of this.#options.owned.book.all()) {
      oldestSentAtMs = Math.min(oldestSentAtMs, sentAtMs);
      if (visibleAtMs === undefined) visible += 1;
      else if (receives > 0) invisible += 1;
      else delayed += 1;
    }
    return { visible, invisible, delayed, ...(oldestSentAtMs === Infinity ? {} : { oldestSentAtMs }) };
  }

  /** What is to be known of all that was received and is here. */
  leases(): readonly MessageLease[] {
    const { owned, memory } = this.#options;
    return [...owned.book.all()].flatMap(({ key }) => memory.leases.find(key) ?? []);
  }

  async #handOut(
    messages: readonly LentMessage[],
    book: GroupBook<WindowMessage>,
    { attemptId }: FifoGetOptions,
  ): Promise<readonly LentMessage[]> {
    const { owned, clock } = this.#options;
    if (attemptId !== undefined) this.#attempts.remember(attemptId, messages, clock());
    owned.touch();
    try {
      await this.#tellLeases(messages, book);
    } catch (error) {
      this.#options.returned(messages);
      throw error;
    }
    return messages;
  }

  /**
   * Before they are handed out, so that the next owner keeps them locked: one that takes over after `mustOwn` has heard it.
   * Nothing is lost where nobody can be told. This router remembers them itself: it may be the next owner, and may not hear what it says.
   */
  async #tellLeases(messages: readonly LentMessage[], book: GroupBook<WindowMessage>): Promise<void> {
    if (messages.length === 0) return;
    const { owned, leased, memory } = this.#options;
    const leases = messages.map((message) => this.#leaseOf(message));
    await leased(leases).catch(() => undefined);
    await owned.mustOwn(book);
    for (const lease of leases) memory.leases.add(lease);
  }

  /** Said later than what is known of the message, by whichever clock that was said. */
  #leaseOf({ key, receives, session, firstReceivedAtMs, receivedAtMs, visibleAtMs }: LentMessage): MessageLease {
    const nowMs = this.#options.clock();
    const saidAtMs = Math.max(nowMs, (this.#options.memory.leases.find(key)?.saidAtMs ?? 0) + 1);
    return {
      key,
      receives,
      session,
      firstReceivedAtMs: firstReceivedAtMs ?? nowMs,
      receivedAtMs: receivedAtMs ?? nowMs,
      // JSON has no Infinity.
      visibleAtMs: visibleAtMs === undefined || visibleAtMs === UNTIL_SETTLED_MS ? nowMs : visibleAtMs,
      saidAtMs,
    };
  }

  #isGone({ sentAtMs }: WindowMessage, { retentionMs }: FifoGetOptions): boolean {
    return retentionMs !== undefined && sentAtMs + retentionMs <= this.#options.clock();
  }

  #isTooOften({ receives }: WindowMessage, { redrive }: FifoGetOptions): boolean {
    return redrive !== undefined && receives >= redrive.receivesMax;
  }

  /** Deletes what is too old, and moves the rest. @returns false for what is visible again, since that could not be done */
  async #settle(message: WindowMessage, options: FifoGetOptions): Promise<boolean> {
    const { owned } = this.#options;
    try {
      const { redrive } = options;
      if (redrive === undefined || this.#isGone(message, options)) await this.#removal.delete([message]);
      else await this.#removal.move(message, redrive.queue);
      return true;
    } catch {
      owned.book.hide(message, undefined);
      return false;
    }
  }
}

/** A message that a change is for; undefined where it is not here. */
interface FoundMessage extends FifoChange {
  readonly message: WindowMessage | undefined;
}

/** Whether the receipt is of the last receive, and its time is not over. */
function isInHand({ message, receives, session }: FoundMessage): boolean {
  const isInvisible = message?.visibleAtMs !== undefined && message.visibleAtMs !== UNTIL_SETTLED_MS;
  return isInvisible && message.receives === receives && message.session === session;
}

/** Those that somebody has received, as they are now. What is visible at once may be received again before an answer is sent. */
function lent(messages: readonly WindowMessage[]): readonly LentMessage[] {
  return messages.flatMap(({ session, ...message }) => (session === undefined ? [] : [{ ...message, session }]));
}

function messagesOf(found: readonly FoundMessage[]): readonly WindowMessage[] {
  return found.flatMap(({ message }) => (message === undefined ? [] : [message]));
}
