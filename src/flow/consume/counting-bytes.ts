import type { MessageHandler } from "../../ports/broker/consumer.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";

/** A handler that does the same, and counts the bytes of each message meanwhile. Failures are reported. */
export function countingBytes(
  handle: MessageHandler,
  inFlight: InFlightBytes,
  onError: (where: string, error: unknown) => void,
): MessageHandler {
  return async (message, lost) => {
    inFlight.take(message.body.length);
    try {
      await handle(message, lost);
    } catch (error) {
      // The broker hands the message out again after a pause, and logs nothing. One that was lost did not fail.
      if (error !== lost.reason) onError(message.queue, error);
      throw error;
    } finally {
      inFlight.release(message.body.length);
    }
  };
}
