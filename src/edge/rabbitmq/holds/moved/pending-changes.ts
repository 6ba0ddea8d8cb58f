import { INVISIBLE_MS_MAX } from "../../../../ports/broker/holds.ts";
import { addressed } from "../../broadcast.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { HoldBook } from "../book/hold-book.ts";
import type { ChangeOutcome, HoldMessage } from "../routers/hold-messages.ts";
import { encodeHoldMessage } from "../routers/hold-messages.ts";
import type { MovedMessage } from "./moved-message.ts";

/** A message that was given back for its change is here, or with another router, within milliseconds. So long the asker waits. */
const KEPT_MS = 2_000;
const PENDING_MAX = 10_000;

/** A change to be made when its message comes. */
export interface PendingChange {
  readonly visibleAtMs: number;
  /** To be called once what the change says is stored, or cannot be. */
  answer(outcome: ChangeOutcome): void;
}

/** What a router has of the moved messages, and with how many consumers. */
interface InHand {
  readonly book: HoldBook;
  readonly consumers: number;
}

interface Asked {
  readonly visibleAtMs: number;
  readonly askedAtMs: number;
  /** Undefined where a router of an earlier version asks. */
  readonly receivedAs: string | undefined;
  readonly ask: string;
  readonly from: string;
  readonly keptUntilMs: number;
}

/**
 * Changes of visibility that routers were asked for. Every router knows each of them: the one that has the message gives it
 * back to `busbar.sqs.held`, and whoever it comes to next makes the change.
 */
export class PendingChanges {
  readonly #publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly #asked = new Map<string, Asked>();

  constructor(publish: (messages: readonly Outgoing[]) => Promise<void>) {
    this.#publish = publish;
  }

  /** To be called with every message of a router. Answers with what this router has. */
  hear(message: HoldMessage, moved: InHand): void {
    if (message.type !== "hide-moved") return;
    const { ask, from } = message;
    const held = message.changes.filter(({ fingerprint, visibleAtMs, askedAtMs, receivedAs }) => {
      const keptUntilMs = performance.now() + KEPT_MS;
      this.#add(fingerprint, { visibleAtMs, askedAtMs, receivedAs, ask, from, keptUntilMs });
      const hold = moved.book.findMessage(fingerprint);
      if (hold !== undefined) moved.book.giveBack(hold);
      return hold !== undefined;
    });
    const fingerprints = held.map(({ fingerprint }) => fingerprint);
    this.#tell(from, { type: "moved-seen", ask, consumers: moved.consumers, fingerprints });
  }

  /**
   * The change to make to a message that has just come. One beyond 12 hours is refused here. So is one that was asked for before
   * the message was received: the router that made it is another one, and nobody else forgets it before its time. Whether it is of
   * this receive its receipt says, since the clock of the router that asks may be behind; times are compared for older receipts.
   */
  take({ fingerprint, receivedAtMs, receivedAs }: MovedMessage): PendingChange | undefined {
    const asked = this.#asked.get(fingerprint);
    this.#asked.delete(fingerprint);
    if (asked === undefined || asked.keptUntilMs < performance.now()) return undefined;
    const { visibleAtMs, askedAtMs, ask, from } = asked;
    const answer = (outcome: ChangeOutcome): void =>
      this.#tell(from, { type: "moved-hidden", ask, fingerprint, outcome });
    const isTooLong = visibleAtMs > receivedAtMs + INVISIBLE_MS_MAX;
    const isOfReceive = receivedAs !== undefined && asked.receivedAs === receivedAs;
    if ((isOfReceive || askedAtMs >= receivedAtMs) && !isTooLong) return { visibleAtMs, answer };
    answer(isTooLong ? "too-long" : "gone");
    return undefined;
  }

  /** The last change of a message counts. */
  #add(fingerprint: string, asked: Asked): void {
    this.#asked.delete(fingerprint);
    this.#asked.set(fingerprint, asked);
    for (const [oldest, { keptUntilMs }] of this.#asked) {
      if (keptUntilMs > performance.now() && this.#asked.size <= PENDING_MAX) return;
      this.#asked.delete(oldest);
    }
  }

  #tell(address: string, message: HoldMessage): void {
    try {
      // Whoever asked may have gone.
      void this.#publish([addressed(address, encodeHoldMessage(message))]).catch(() => undefined);
    } catch {
      // It is no router's address.
    }
  }
}
