import { HEADER } from "../../../../domain/delivery/headers.ts";
import type { Message, Received } from "../../../../domain/queue/message.ts";
import type { GetOptions } from "../../../../ports/broker/holds.ts";
import { outgoingHeaders } from "../../publishing/headers.ts";
import { received } from "../../publishing/message.ts";
import { fingerprintOf } from "../book/receipt.ts";
import type { Arrived } from "./hold-channels.ts";

/** A message that arrived, with what is known of it. */
export interface Candidate {
  readonly arrived: Arrived;
  readonly queue: string;
  readonly message: Received;
  readonly fingerprint: string;
  /** How often it was handed out before. */
  readonly receivesBefore: number;
  /** Whether its id is a UUID, which is made for one message. */
  readonly hasOwnId: boolean;
  /**
   * Whether a router that died, or lost its connection, may have left a copy of it: between the publish of a copy and the ack of
   * what was copied. A copy has the header of receives, and what was to be acked was handed out. Only a message with an id of
   * its own is known again: other ids may be those of several messages.
   */
  readonly mayHaveCopies: boolean;
  /** Epoch milliseconds; undefined where nobody wrote it. */
  readonly sentAtMs: number | undefined;
  /** Epoch milliseconds; undefined where it was not received before, or never moved. */
  readonly firstReceivedAtMs: number | undefined;
}

/** What becomes of a message that arrived: it is handed out, deleted, or moved to the dead-letter queue. */
export type Fate = "hand-out" | "delete" | "move";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function candidateOf(queue: string, arrived: Arrived): Candidate {
  const message = received(queue, arrived.raw);
  const { headers } = message;
  // RabbitMQ 4.3 counts returns in the first, older ones in the second.
  const counted = countOf(headers["x-acquired-count"]) ?? countOf(headers["x-delivery-count"]) ?? 0;
  const carriedOn = countOf(headers[HEADER.receives]);
  const hasOwnId = UUID.test(message.id);
  const timestamp: unknown = arrived.raw.properties.timestamp;
  return {
    arrived,
    queue,
    message,
    fingerprint: fingerprintOf(queue, message),
    receivesBefore: counted + (carriedOn ?? 0),
    hasOwnId,
    mayHaveCopies: hasOwnId && (counted > 0 || carriedOn !== undefined || arrived.raw.fields.redelivered),
    sentAtMs: countOf(headers[HEADER.sentAt]) ?? (typeof timestamp === "number" ? timestamp * 1_000 : undefined),
    firstReceivedAtMs: countOf(headers[HEADER.firstReceivedAt]),
  };
}

/** @param nowMs epoch milliseconds. */
export function fateOf(
  { receivesBefore, sentAtMs }: Candidate,
  { retentionMs, redrive }: GetOptions,
  nowMs: number,
): Fate {
  if (retentionMs !== undefined && sentAtMs !== undefined && sentAtMs + retentionMs <= nowMs) return "delete";
  return redrive !== undefined && receivesBefore >= redrive.receivesMax ? "move" : "hand-out";
}

/** The message to publish once more. Its receives are carried on: RabbitMQ counts those of the copy from nought. */
export function copyOf({ message, receivesBefore }: Candidate, queue: string): Message {
  const { id, body, headers } = message;
  const source = queue === message.queue ? {} : { [HEADER.deadLetterSource]: message.queue };
  return { queue, id, body, headers: { ...outgoingHeaders(headers), [HEADER.receives]: receivesBefore, ...source } };
}

/** Anybody may have written it. */
function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
