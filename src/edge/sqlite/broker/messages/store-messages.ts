import { TimeLimitError, within } from "../../../../async/time-limit.ts";
import type { Message } from "../../../../domain/queue/message.ts";
import { MESSAGE_BYTES_MAX } from "../../../../domain/queue/message.ts";
import type { PublishFailure } from "../../../../ports/broker/publisher.ts";
import { DatabaseError } from "../../database-thread.ts";
import type { BrokerThread } from "../broker-thread.ts";
import { CONFIRM_TIMEOUT_MS, pack } from "./message.ts";

/** Stores messages in one call of the worker thread. @returns those that are not stored, and why */
export async function storeMessages(
  client: BrokerThread,
  messages: readonly Message[],
  delayMs: number | undefined,
): Promise<readonly PublishFailure[]> {
  const all = (reason: PublishFailure["reason"]) => messages.map((_, index) => ({ index, reason }));
  // A message that long has a part of its own.
  if (messages.some(({ body }) => body.length > MESSAGE_BYTES_MAX)) return all("unstorable");
  const packed = pack(messages);
  const storing = client.call("store", [packed, delayMs], [packed.bodies.buffer]);
  try {
    const unroutable = await within(CONFIRM_TIMEOUT_MS, "storing messages", storing);
    return unroutable.map((index) => ({ index, reason: "unroutable" }));
  } catch (error) {
    if (error instanceof TimeLimitError) return all("timeout");
    if (error instanceof DatabaseError) return all(error.reason);
    throw error;
  }
}
