import { HEADER } from "../delivery/headers.ts";
import { fifoHeaders, isFifoQueue } from "./fifo.ts";
import type { HeaderValue, Message, Received } from "./message.ts";
import type { QueueConfig } from "./queue-config.ts";

/** Why a message cannot be moved, and stays where it is. A closed set. */
export const UNMOVABLE_REASONS = {
  no_source: "it does not say which queue it came from",
  queue_gone: "the queue that it would go to is not in the configuration",
} as const;

export type UnmovableReason = keyof typeof UNMOVABLE_REASONS;

/** What a message brings along of its stay in a queue. In another one it begins anew. */
const OF_ITS_STAY: ReadonlySet<string> = new Set([
  HEADER.deadLetterSource,
  HEADER.receives,
  HEADER.firstReceivedAt,
  HEADER.receivedAt,
  HEADER.receivedAs,
  HEADER.heldFor,
  HEADER.heldAt,
  HEADER.visibleAt,
  HEADER.dueAt,
]);

/** Queues that a message only passed on its way, such as the ladder of delays. */
const OWN_QUEUE = /^busbar\./;

/**
 * The queue that a message of a dead-letter queue came from: where it was received too often, or else as RabbitMQ says,
 * whose `x-death` has the latest queue first. It is a FIFO queue where the dead-letter queue is one. Undefined where nothing
 * says so. Anybody may have written the headers.
 */
export function sourceQueueOf({ queue, headers }: Pick<Received, "queue" | "headers">): string | undefined {
  const deaths: unknown = headers["x-death"];
  const died = (Array.isArray(deaths) ? deaths : []).map(
    (death: unknown) => (death as { queue?: unknown } | null)?.queue,
  );
  const isSource = (name: unknown): name is string =>
    typeof name === "string" &&
    name !== "" &&
    name !== queue &&
    !OWN_QUEUE.test(name) &&
    isFifoQueue(name) === isFifoQueue(queue);
  return [headers[HEADER.deadLetterSource], ...died].find(isSource);
}

/** How a message begins in the queue that it moves to. */
export interface MovedBeginning {
  readonly id: string;
  /** Epoch milliseconds. A queue's retention counts from then on. */
  readonly sentAtMs: number;
  /** Of a FIFO queue's message. With its former one it would count as sent before, for 5 minutes. */
  readonly deduplicationId: string;
}

/** A message as it moves to another queue: with its attributes and its group, and as one that nobody has received yet. */
export function movedMessage(
  { body, headers }: Received,
  destination: QueueConfig,
  { id, sentAtMs, deduplicationId }: MovedBeginning,
): Message {
  const kept = Object.entries(headers).filter(
    (entry): entry is [string, HeaderValue] => isHeaderValue(entry[1]) && !OF_ITS_STAY.has(entry[0]),
  );
  const { [HEADER.deduplicationScope]: _scope, ...all } = Object.fromEntries(kept);
  const groupId = headers[HEADER.messageGroupId];
  const place =
    destination.fifo === true
      ? fifoHeaders(destination, { groupId: typeof groupId === "string" ? groupId : "", deduplicationId })
      : {};
  const named = Object.fromEntries(Object.entries(place).filter(([, value]) => value !== ""));
  return { queue: destination.name, id, body, headers: { ...all, ...named, [HEADER.sentAt]: sentAtMs } };
}

/** Brokers take no others in a message that is published. */
function isHeaderValue(value: unknown): value is HeaderValue {
  return typeof value === "string" || typeof value === "number";
}
