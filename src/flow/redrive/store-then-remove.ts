import type { Message } from "../../domain/queue/message.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import { store } from "../store/store.ts";

/** A message of a queue, with what it becomes elsewhere. */
interface Going {
  readonly messages: readonly Message[];
  remove(): Promise<void>;
}

/**
 * Stores what each becomes, then removes those whose every message is confirmed: an interruption at any moment loses none,
 * and at worst some are in both places.
 *
 * @returns those that were removed, and the failure of the others.
 */
export async function storeThenRemove<One extends Going>(
  going: readonly One[],
  broker: Publisher,
): Promise<{ readonly confirmed: readonly One[]; readonly failure: PublishError | undefined }> {
  const failure = await failureOf(
    store(
      going.flatMap((one) => one.messages),
      broker,
    ),
  );
  const owners = going.flatMap((one) => one.messages.map(() => one));
  const unconfirmed = new Set(failure?.failures.map(({ index }) => owners[index]));
  const confirmed = going.filter((one) => !unconfirmed.has(one));
  await Promise.all(confirmed.map((one) => one.remove()));
  return { confirmed, failure };
}

async function failureOf(storing: Promise<void>): Promise<PublishError | undefined> {
  try {
    await storing;
    return undefined;
  } catch (error) {
    if (error instanceof PublishError) return error;
    throw error;
  }
}
