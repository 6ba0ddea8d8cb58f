import { randomBytes } from "node:crypto";
import type { Channel, ConsumeMessage } from "amqplib";
import { HEADER } from "../../../../domain/delivery/headers.ts";
import { fifoTraits } from "../../../../domain/queue/fifo.ts";
import type { Received } from "../../../../domain/queue/message.ts";
import { QUEUE_BOUNDS } from "../../../../domain/queue/queue-config.ts";
import { FINGERPRINT_BYTES, fingerprintOf } from "../../holds/book/receipt.ts";
import { received } from "../../publishing/message.ts";
import type { GroupMessage } from "../book/group-book.ts";
import type { MessageLease } from "../book/message-leases.ts";
import type { FifoSentRecord } from "../book/sent-before.ts";

/** As long as a queue may delay a message, and as far as clocks of routers may be apart. */
const DELAY_MS_MAX = QUEUE_BOUNDS.delaySeconds.max * 1_000 + 10_000;

/** A message that the owner of a FIFO queue holds, whoever has received it. */
export interface WindowMessage extends GroupMessage {
  readonly raw: ConsumeMessage;
  /** That it came over: an ack goes nowhere else. */
  readonly channel: Channel;
  readonly message: Received;
  readonly sequenceNumber: string;
  /** What it is deduplicated by; undefined where nothing is. */
  readonly deduplicationKeys: readonly string[];
  readonly sent: FifoSentRecord | undefined;
  /** Of the owner that has handed it out in the last of its receives; undefined while nobody has. */
  session: string | undefined;
}

/** One that was handed out, as it was then. */
export interface LentMessage extends WindowMessage {
  readonly session: string;
}

/** The queue has it no more. Where its channel has gone, the next owner gets it, and knows what became of it. */
export function acknowledge({ raw, channel }: WindowMessage): void {
  try {
    channel.ack(raw);
  } catch {
    // The channel has gone.
  }
}

/**
 * A message as it arrives, with the lease of it that is known.
 *
 * @param isTaken whether another message in hand has the key: only those that others have published can be so alike.
 * @param tooLong called where the message says that it is delayed for longer than a queue delays. It is not.
 */
export function windowMessage(
  queue: string,
  raw: ConsumeMessage,
  channel: Channel,
  nowMs: number,
  {
    lease,
    isTaken,
    tooLong,
  }: {
    readonly lease: (key: string) => MessageLease | undefined;
    readonly isTaken: (key: string) => boolean;
    readonly tooLong: (visibleAtMs: number) => void;
  },
): WindowMessage {
  // A copy of the body: it is a part of what the socket brought, all of which would be kept.
  const own = { ...raw, content: Buffer.from(raw.content) };
  const message = received(queue, own);
  const { id, headers } = message;
  const { groupId, deduplicationKeys, deduplicationKey } = fifoTraits(headers);
  const fingerprint = fingerprintOf(queue, message);
  const key = id === "" || isTaken(fingerprint) ? randomBytes(FINGERPRINT_BYTES).toString("hex") : fingerprint;
  const sentAtMs = numberOf(headers[HEADER.sentAt]) ?? nowMs;
  const sequenceNumber = numberText(headers[HEADER.sequenceNumber]) ?? `${sentAtMs}`.padStart(13, "0").padEnd(20, "0");
  const known = lease(key);
  const delayedToMs = numberOf(headers[HEADER.visibleAt]) ?? 0;
  const isTooLong = delayedToMs > Math.min(sentAtMs, nowMs) + DELAY_MS_MAX;
  if (isTooLong) tooLong(delayedToMs);
  const visibleAtMs = Math.max(known?.visibleAtMs ?? 0, isTooLong ? 0 : delayedToMs);
  const sent = deduplicationKey && { queue, key: deduplicationKey, id, sequenceNumber, sentAtMs };
  return {
    raw: own,
    channel,
    message,
    key,
    group: groupId,
    bytes: message.body.length,
    sentAtMs,
    sequenceNumber,
    deduplicationKeys,
    sent: sent === "" ? undefined : sent,
    session: known?.session,
    receives: known?.receives ?? numberOf(headers[HEADER.receives]) ?? 0,
    firstReceivedAtMs: known?.firstReceivedAtMs,
    receivedAtMs: known?.receivedAtMs,
    visibleAtMs: visibleAtMs > nowMs ? visibleAtMs : undefined,
  };
}

function numberText(value: unknown): string | undefined {
  return typeof value === "string" && /^\d{20}$/.test(value) ? value : undefined;
}

/** Anybody may have written it. */
function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
