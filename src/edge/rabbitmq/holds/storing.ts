import { PublishError } from "../../../ports/broker/publisher.ts";

/**
 * Stores messages for somebody who keeps those that are not stored. Never rejects: an error that says nothing of single messages
 * is a fault, and none counts as stored.
 *
 * @returns the places of those that are not stored, as far as is known.
 */
export async function placesNotStored<T>(
  messages: readonly T[],
  store: (messages: readonly T[]) => Promise<void>,
  fault: (error: unknown) => void,
): Promise<ReadonlySet<number>> {
  if (messages.length === 0) return new Set();
  try {
    await store(messages);
    return new Set();
  } catch (error) {
    if (error instanceof PublishError) return new Set(error.failures.map(({ index }) => index));
    fault(error);
    return new Set(messages.keys());
  }
}
