import { HEADER } from "../delivery/headers.ts";
import type { HeaderValue } from "./message.ts";
import type { QueueConfig } from "./queue-config.ts";

/** The name of a FIFO queue ends so, and no other queue's does. */
export const FIFO_SUFFIX = ".fifo";

/** For how long SQS remembers what was sent, and what was received by a request with an attempt's id: 5 minutes. */
export const FIFO_MEMORY_MS = 300_000;

/** Whether a queue of a user's keeps the messages of each group in order. */
export function isFifoQueue(name: string): boolean {
  return name.endsWith(FIFO_SUFFIX) && !name.startsWith("busbar.");
}

/**
 * What a message of a FIFO queue carries, so that a broker knows it without the configuration. With content-based
 * deduplication the id is SQS's: the body's SHA-256 in hexadecimal, in which attributes do not count.
 */
export function fifoHeaders(
  { deduplicationScope }: QueueConfig,
  { groupId, deduplicationId }: { readonly groupId: string; readonly deduplicationId: string },
): Readonly<Record<string, HeaderValue>> {
  return {
    [HEADER.messageGroupId]: groupId,
    [HEADER.deduplicationId]: deduplicationId,
    ...(deduplicationScope === "messageGroup" ? { [HEADER.deduplicationScope]: deduplicationScope } : {}),
  };
}

/** What a message of a FIFO queue says of itself. Anybody may have written its headers. */
export interface FifoTraits {
  /** Messages without a group are a group. */
  readonly groupId: string;
  /** A message with any of these keys was sent before. None where nobody gave it an id. */
  readonly deduplicationKeys: readonly string[];
  /** The key that this message is remembered by. */
  readonly deduplicationKey: string | undefined;
}

/**
 * Reads the headers that `fifoHeaders` writes. An id of the whole queue still counts where the scope has become a
 * group's, as AWS was recorded to do.
 */
export function fifoTraits(headers: Readonly<Record<string, unknown>>): FifoTraits {
  const groupId = textOf(headers[HEADER.messageGroupId]) ?? "";
  const id = textOf(headers[HEADER.deduplicationId]);
  if (id === undefined) return { groupId, deduplicationKeys: [], deduplicationKey: undefined };
  const ofQueue = JSON.stringify([id]);
  if (headers[HEADER.deduplicationScope] !== "messageGroup") {
    return { groupId, deduplicationKeys: [ofQueue], deduplicationKey: ofQueue };
  }
  const ofGroup = JSON.stringify([groupId, id]);
  return { groupId, deduplicationKeys: [ofGroup, ofQueue], deduplicationKey: ofGroup };
}

function textOf(header: unknown): string | undefined {
  return typeof header === "string" && header !== "" ? header : undefined;
}
