import type { Message, Received } from "../../domain/queue/message.ts";
import { MESSAGE_BYTES_MAX } from "../../domain/queue/message.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { ownHeaders, readDelivery } from "../../domain/delivery/delivery-message.ts";
import type { ParkedReason } from "../../domain/facts.ts";
import { PARKED_QUEUE, SUSPECT_QUEUE } from "../../domain/queue/queues.ts";
import { isBraced, isJson } from "../../json/is-json.ts";
import { readKept } from "../store/kept.ts";
import { suspectMessage } from "./suspect.ts";
import { HEADER } from "../../domain/delivery/headers.ts";

/** A suspect is parked when this many routers have died holding it. */
const CRASHES_MAX = 2;
/** A delivery that a router died holding becomes a suspect so often, and is parked the next time. */
const SUSPICIONS_MAX = 3;

/** How many bytes are kept of a message that is too long to be stored anew. */
const PARKED_BYTES_MAX = 1024 * 1024;

/** What a message is, and what is to be stored before it may be acked where it is no delivery to be sent. */
export type Receipt =
  | { readonly kind: "delivery"; readonly delivery: Delivery }
  | { readonly kind: "kept"; readonly message: Message }
  | { readonly kind: "parked"; readonly message: Message; readonly reason: ParkedReason }
  | { readonly kind: "suspect"; readonly message: Message; readonly delivery: Delivery };

/**
 * Reads a delivery from a message. What cannot be read is parked, never dropped. A message that was held when a
 * router died may be what killed it, and so may each of its neighbours: it is set aside to be tried by itself, so that
 * only the culprit is parked. A kept message is never called for, and cannot have killed anybody.
 */
export function receiveDelivery(message: Received): Receipt {
  if (message.body.length > MESSAGE_BYTES_MAX) {
    const start = { ...message, body: message.body.subarray(0, PARKED_BYTES_MAX) };
    return park(
      start,
      "undecodable",
      `it has ${message.body.length} bytes, of which the first ${PARKED_BYTES_MAX} are kept`,
    );
  }
  const kept = readKept(message);
  if (kept !== undefined) return { kind: "kept", message: kept };
  const read = readDelivery(message);
  if (!read.ok) return park(message, "undecodable", read.problem);
  const { delivery } = read;
  if (!isPlausible(delivery)) return park(message, "undecodable", "the body is not JSON");
  // Whether it may be called for again is not asked: a test is called once at most.
  if (delivery.test !== undefined) return { kind: "delivery", delivery };
  const isSuspect = message.queue === SUSPECT_QUEUE;
  if (message.crashes === 0 || (isSuspect && message.crashes < CRASHES_MAX)) return { kind: "delivery", delivery };
  if (isSuspect || delivery.suspicions >= SUSPICIONS_MAX) return parkedAsCrashed(message);
  const suspect = { ...delivery, suspicions: delivery.suspicions + 1 };
  return { kind: "suspect", message: suspectMessage(suspect, message.queue), delivery: suspect };
}

/** What becomes of a message that routers die of. */
export function parkedAsCrashed(message: Received): Extract<Receipt, { kind: "parked" }> {
  return park(message, "crashed", `routers died holding it, ${message.crashes} times of late`);
}

/**
 * Events and records were checked before they were stored, and only routers write to the queues of destinations: so
 * their bodies are not read again (ADR 43). What was cut, compressed or never JSON is noticed all the same. A payload
 * that is redriven may be any JSON, and is rare.
 */
function isPlausible({ body, rendered }: Delivery): boolean {
  return rendered === undefined ? isBraced(body) : isJson(body);
}

function park(message: Received, reason: ParkedReason, problem: string): Extract<Receipt, { kind: "parked" }> {
  const headers = { ...ownHeaders(message), [HEADER.parkedReason]: reason, [HEADER.parkedProblem]: problem };
  const parked = { ...headers, [HEADER.parkedFrom]: message.queue };
  return {
    kind: "parked",
    message: { queue: PARKED_QUEUE, id: message.id, body: message.body, headers: parked },
    reason,
  };
}
