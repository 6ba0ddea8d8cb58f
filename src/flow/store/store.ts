import type { Message } from "../../domain/queue/message.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import { declarationOf } from "../../domain/queue/queues.ts";
import { equallyDelayed } from "./equally-delayed.ts";

interface StoreOptions {
  readonly delayMs: number;
}

/**
 * Publishes, and makes a queue again that somebody deleted: a message returned as unroutable is published once
 * more after its queue was declared. A message waits as long as it says or the options say, whichever is longer.
 *
 * @throws PublishError naming, by their place in `messages`, those that are not confirmed after that.
 */
export async function store(messages: readonly Message[], broker: Publisher, options?: StoreOptions): Promise<void> {
  if (messages.every(({ delayMs }) => delayMs === undefined)) return storeTogether(messages, broker, options);
  const parts = equallyDelayed(messages, options?.delayMs);
  // All are handed to the broker before the first wait, as one list is.
  const stored = await Promise.allSettled(parts.map((part) => storeTogether(part.messages, broker, delaying(part))));
  const failures = stored.flatMap((each, at) => {
    if (each.status === "fulfilled") return [];
    if (!(each.reason instanceof PublishError)) throw each.reason;
    return each.reason.failures.map(({ index, reason }) => ({ index: parts[at]?.indexes[index] ?? index, reason }));
  });
  if (failures.length > 0) throw new PublishError(failures);
}

async function storeTogether(
  messages: readonly Message[],
  broker: Publisher,
  options: StoreOptions | undefined,
): Promise<void> {
  if (messages.length === 0) return;
  try {
    await broker.publish(messages, options);
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    const unroutable = error.failures.filter((failure) => failure.reason === "unroutable");
    if (unroutable.length === 0) throw error;
    const others = error.failures.filter((failure) => failure.reason !== "unroutable");
    const indexes = unroutable.map((failure) => failure.index);
    const again = indexes.flatMap((index) => messages[index] ?? []);
    const queues = new Set(again.map((message) => message.queue));
    // If that fails too, the second publish says so, message by message.
    await broker.declare([...queues].map(declarationOf)).catch(() => undefined);
    await publishAgain(again, indexes, others, broker, options);
  }
}

async function publishAgain(
  messages: readonly Message[],
  indexes: readonly number[],
  others: PublishError["failures"],
  broker: Publisher,
  options: StoreOptions | undefined,
): Promise<void> {
  const failures = [...others];
  try {
    await broker.publish(messages, options);
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    failures.push(...error.failures.map((failure) => ({ ...failure, index: indexes[failure.index] ?? failure.index })));
  }
  if (failures.length > 0) throw new PublishError(failures);
}

function delaying({ delayMs }: StoreOptions): StoreOptions | undefined {
  return delayMs === 0 ? undefined : { delayMs };
}
