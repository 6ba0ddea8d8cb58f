import type { HeldMessage } from "../../../../ports/broker/holds.ts";
import { encodeReceipt } from "../../holds/book/receipt.ts";
import type { LentMessage } from "../owner/window.ts";
import type { FifoHeld } from "./fifo-messages.ts";

/** A message that was received, on its way to the router that asked. */
export function sentHeld(queue: string, held: LentMessage): FifoHeld {
  const { message, key, receives, session, sentAtMs, firstReceivedAtMs = sentAtMs, sequenceNumber } = held;
  return {
    id: message.id,
    body: message.body.toString("base64"),
    headers: message.headers,
    crashes: message.crashes,
    receipt: encodeReceipt(queue, { session, number: receives, fingerprint: key }),
    receives,
    sentAtMs,
    firstReceivedAtMs,
    sequenceNumber,
  };
}

export function heldOf(queue: string, held: FifoHeld): HeldMessage {
  const { id, body, headers, crashes, ...rest } = held;
  return { message: { queue, id, body: Buffer.from(body, "base64"), headers, crashes }, ...rest };
}
