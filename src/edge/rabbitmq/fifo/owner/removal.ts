import { sleep } from "../../../../async/sleep.ts";
import { HEADER } from "../../../../domain/delivery/headers.ts";
import { FIFO_MEMORY_MS } from "../../../../domain/queue/fifo.ts";
import type { BrokerEvents } from "../../../../ports/broker/broker.ts";
import { outgoingHeaders } from "../../publishing/headers.ts";
import { direct } from "../../publishing/message.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import { UNTIL_SETTLED_MS } from "../book/group-book.ts";
import type { FifoLog, FifoRecord } from "./fifo-log.ts";
import type { OwnedQueue } from "./owned-queue.ts";
import type { WindowMessage } from "./window.ts";
import { acknowledge } from "./window.ts";

type DeletedRecord = Extract<FifoRecord, { readonly type: "deleted" }>;

/** Clocks of routers differ by so much at most. */
const SKEW_MS = 10_000;
/** How often and how long it is tried again to write what a message counts as sent by. */
const AGAIN_MS = 500;
const TIMES_MAX = 20;

export interface RemovalOptions {
  readonly owned: OwnedQueue;
  readonly queue: string;
  readonly log: Pick<FifoLog, "append">;
  /** Resolves when all are confirmed. @throws PublishError */
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly events: Pick<BrokerEvents, "receivedTooOften">;
  readonly clock: () => number;
}

/** How messages leave a FIFO queue. */
export class Removal {
  readonly #options: RemovalOptions;

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /**
   * A message is deleted once the log says so: its ack may be lost, and it comes to the next owner then.
   *
   * @param elsewhere keys of messages that are not here.
   * @throws PublishError: then all are as they were.
   */
  async delete(messages: readonly WindowMessage[], elsewhere: readonly string[] = []): Promise<void> {
    const { owned, log, queue, clock } = this.#options;
    if (messages.length === 0 && elsewhere.length === 0) return;
    const { book } = owned;
    const times = messages.map(({ visibleAtMs }) => (visibleAtMs === UNTIL_SETTLED_MS ? undefined : visibleAtMs));
    for (const message of messages) book.hide(message, UNTIL_SETTLED_MS);
    try {
      await log.append([
        ...messages.map((message) => deletedRecord(queue, message, clock())),
        ...elsewhere.map((key): FifoRecord => ({ type: "deleted", queue, message: key })),
      ]);
    } catch (error) {
      messages.forEach((message, at) => book.hide(message, times[at]));
      owned.touch();
      throw error;
    }
    for (const message of messages) owned.done(message);
  }

  /** Stores the message in its dead-letter queue, and deletes it here. @throws PublishError */
  async move(message: WindowMessage, to: string): Promise<void> {
    const { queue, publish, events, clock } = this.#options;
    const { id, body, headers } = message.message;
    const { [HEADER.sequenceNumber]: _number, [HEADER.deduplicationId]: _id, ...kept } = outgoingHeaders(headers);
    const carried = {
      [HEADER.receives]: message.receives,
      [HEADER.deadLetterSource]: queue,
      [HEADER.sentAt]: clock(),
      [HEADER.sequenceNumber]: message.sequenceNumber,
      [HEADER.deduplicationId]: id,
    };
    await publish([direct({ queue: to, id, body, headers: { ...kept, ...carried } })]);
    events.receivedTooOften({ queue, deadLetterQueue: to, messageId: id, receives: message.receives });
    await this.delete([message]);
  }
}

/**
 * Ends a message that a router has deleted that does not own the queue: it knew a receipt, and not by which key the message counts as
 * sent. The log gets that first. A message that cannot be ended so is not in the window, and comes to the next owner, which ends it.
 */
export async function acknowledgeNamed(
  message: WindowMessage,
  { queue, log, clock }: Pick<RemovalOptions, "queue" | "log" | "clock">,
): Promise<void> {
  const never = new AbortController().signal;
  for (let times = 1; times <= TIMES_MAX; times++) {
    const record = deletedRecord(queue, message, clock());
    try {
      if (record.sent !== undefined) await log.append([record]);
      return acknowledge(message);
    } catch {
      await sleep(AGAIN_MS, never);
    }
  }
}

/** With what it counts as sent by, while it does. */
function deletedRecord(queue: string, { key, sent }: WindowMessage, nowMs: number): DeletedRecord {
  const stillCounts = sent !== undefined && sent.sentAtMs + FIFO_MEMORY_MS + SKEW_MS >= nowMs;
  if (!stillCounts) return { type: "deleted", queue, message: key };
  const { key: sentKey, id, sequenceNumber, sentAtMs } = sent;
  return { type: "deleted", queue, message: key, sent: { key: sentKey, id, sequenceNumber, sentAtMs } };
}
