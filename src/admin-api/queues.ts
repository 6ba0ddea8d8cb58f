import { z } from "zod";
import type { Received } from "../domain/queue/message.ts";
import { isUtf8 } from "node:buffer";
import { countParameter } from "./parameters.ts";

export const QUEUE_LIMIT_MAX = 100;
export const QUEUE_LIMIT_INITIAL = 10;

/** Of a peek and a receive. */
export const queueParameters = z.object({ limit: countParameter(QUEUE_LIMIT_MAX).default(QUEUE_LIMIT_INITIAL) });

/** A queue that the broker refuses to describe, and why. */
export const refusedQueue = z.object({ name: z.string(), problem: z.string() });

/** A queue with its messages that are ready, and its consumers. */
const queueDepth = z.object({ name: z.string(), ready: z.number(), consumers: z.number() });

export const queueListAnswer = z.object({ queues: z.array(z.union([queueDepth, refusedQueue])).readonly() });
export type QueueListAnswer = z.infer<typeof queueListAnswer>;

export const queueMessage = z.object({
  id: z.string(),
  headers: z.record(z.string(), z.unknown()),
  /** The body as text. Bytes that are not UTF-8 are replaced in it. */
  body: z.string(),
  /** The body as it is, where it is not UTF-8. */
  bodyBase64: z.string().exactOptional(),
});
export type QueueMessage = z.infer<typeof queueMessage>;

/** Of a peek and a receive. */
export const queueMessagesAnswer = z.object({
  messages: z.array(queueMessage).readonly(),
  /** Why there are no more messages in the answer: `bytes` when it holds as many bytes as an answer may. */
  end: z.enum(["finished", "limit", "bytes"]),
});
export type QueueMessagesAnswer = z.infer<typeof queueMessagesAnswer>;

export const queuePurgeAnswer = z.object({ purged: z.number() });
export type QueuePurgeAnswer = z.infer<typeof queuePurgeAnswer>;

/** Describes a message for people. */
export function describeMessage({ id, headers, body }: Received): QueueMessage {
  // JSON has no form for a bigint.
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === "bigint" ? String(value) : value,
  ]);
  return {
    id,
    headers: Object.fromEntries(entries) as Record<string, unknown>,
    body: body.toString("utf8"),
    ...(isUtf8(body) ? {} : { bodyBase64: body.toString("base64") }),
  };
}
