import type { Channel, ConsumeMessage } from "amqplib";
import { HEADER } from "../../../../domain/delivery/headers.ts";
import type { FifoMemory } from "../book/fifo-memory.ts";
import type { GroupBook } from "../book/group-book.ts";
import { SentBefore } from "../book/sent-before.ts";
import type { WindowMessage } from "./window.ts";
import { acknowledge, windowMessage } from "./window.ts";

export interface QueueReadingOptions {
  readonly queue: string;
  readonly memory: FifoMemory;
  /** Called with a message that was deleted by a router that did not know by which key it counts as sent. Ends with its ack. */
  readonly deletedUnnamed: (message: WindowMessage) => void;
  readonly clock: () => number;
  readonly fault: (message: string, error: unknown) => void;
}

/** One reading of a queue by its owner, in the queue's order, which decides what is a duplicate. */
export class QueueReading {
  readonly #options: QueueReadingOptions;
  readonly #channel: Channel;
  readonly #sent = new SentBefore();
  #hasWarned = false;

  constructor(options: QueueReadingOptions, channel: Channel) {
    this.#options = options;
    this.#channel = channel;
  }

  /** Undefined for one that is deleted already or a duplicate, which is or will be acked. */
  read(raw: ConsumeMessage, book: GroupBook<WindowMessage>): WindowMessage | undefined {
    const { queue, clock, memory } = this.#options;
    const message = windowMessage(queue, raw, this.#channel, clock(), {
      lease: (key) => memory.leases.find(key),
      isTaken: (key) => book.find(key) !== undefined,
      tooLong: (atMs) => this.#warn(atMs),
    });
    if (this.#isDuplicate(message)) {
      acknowledge(message);
      return undefined;
    }
    // What comes the first time was never received, and so never deleted.
    const isDeleted = raw.fields.redelivered && memory.deleted.has(message.key);
    if (!isDeleted) return message;
    this.#options.deletedUnnamed(message);
    return undefined;
  }

  /** Once: whoever publishes such a message publishes more of them. */
  #warn(visibleAtMs: number): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const problem = new Error(`${HEADER.visibleAt} is ${visibleAtMs}, more than 15 minutes after the message was sent`);
    this.#options.fault(
      `a message of FIFO queue "${this.#options.queue}" asks for too long a delay, and has none`,
      problem,
    );
  }

  /** What was sent before does not count any more. */
  clear(sentBeforeMs: number): void {
    this.#sent.clear(this.#options.queue, sentBeforeMs);
  }

  /** So is what was sent before the queue was cleared, and what the log says is deleted, with its key. */
  #isDuplicate({ sentAtMs, deduplicationKeys, sent }: WindowMessage): boolean {
    const { queue, memory } = this.#options;
    if (sentAtMs < memory.clearedAtMs(queue)) return true;
    const first = [this.#sent, memory.sent].find((each) => each.find(queue, deduplicationKeys, sentAtMs) !== undefined);
    if (first !== undefined) return true;
    if (sent !== undefined) this.#sent.add(sent);
    return false;
  }
}
