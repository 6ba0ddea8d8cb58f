import { z } from "zod";
import type { Received } from "../../domain/queue/message.ts";
import { isUtf8 } from "node:buffer";
import { QUEUE_BOUNDS } from "../../domain/queue/queue-config.ts";
import { choiceParameter, countParameter, secondsParameter, textParameter } from "../parameters.ts";
import { JOB_RATE_MAX } from "./jobs.ts";

export const QUEUE_LIMIT_MAX = 100;
export const QUEUE_LIMIT_INITIAL = 10;

/** Of a peek. */
export const queueParameters = z.object({ limit: countParameter(QUEUE_LIMIT_MAX).default(QUEUE_LIMIT_INITIAL) });

const SECONDS_MAX = QUEUE_BOUNDS.visibilityTimeoutSeconds.max;
const { max: WAIT_SECONDS_MAX } = QUEUE_BOUNDS.receiveWaitSeconds;

export const receiveParameters = z.object({
  limit: countParameter(QUEUE_LIMIT_MAX).default(QUEUE_LIMIT_INITIAL),
  /** How long it waits for the first message. */
  waitSeconds: secondsParameter(WAIT_SECONDS_MAX).default(0),
  /** How long what it shows is hidden from others; what the queue has where it is left out. */
  visibilitySeconds: secondsParameter(SECONDS_MAX).exactOptional(),
  /** Whether the messages are deleted once they are sent. */
  delete: choiceParameter(["true", "false"]).default("false"),
});

/** A queue that the broker refuses to describe, and why. */
export const refusedQueue = z.object({ name: z.string(), problem: z.string() });

/** Where a queue comes from: a file, the API, or Busbar, which has two of its own for what failed. */
const queueOrigin = {
  origin: z.enum(["file", "api", "busbar"]),
  /** Where a file has it, `config/busbar.yaml:14:3`. */
  place: z.string().exactOptional(),
};

/** Of a queue in the list. */
const ofListedQueue = {
  ...queueOrigin,
  /** Queues whose redrive policies lead to it, the first 10. */
  deadLetterSources: z.array(z.string()).readonly().exactOptional(),
};

export const LISTED_SOURCES_MAX = 10;

/** A queue with its messages that are ready, and its consumers. */
const queueDepth = z.object({ name: z.string(), ready: z.number(), consumers: z.number(), ...ofListedQueue });

export const queueListAnswer = z.object({
  queues: z.array(z.union([queueDepth, refusedQueue.extend(ofListedQueue)])).readonly(),
});
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

export const queueReceiveAnswer = queueMessagesAnswer.extend({
  /** For so long nobody else receives them. Absent where they were deleted. */
  hiddenSeconds: z.number().exactOptional(),
});

/** Bodies and attributes of messages that are sent, in bytes. Further bounds are those of the queue. */
export const SENT_BYTES_MAX = 1_114_112;

const attributeName = z
  .string()
  .regex(/^(?!aws\.|amazon\.)[\w-]+(\.[\w-]+)*$/i, "is no name of an attribute")
  .max(256);

/** Of a group or a deduplication. */
const fifoName = z.string().regex(/^[!-~]{1,128}$/, "must be 1 to 128 letters, digits and punctuation characters");

/** What is sent. */
export const sendBody = z.strictObject({
  body: z.string().min(1),
  /** Texts and numbers. */
  attributes: z
    .record(attributeName, z.union([z.string().min(1), z.number()]))
    .refine((attributes) => Object.keys(attributes).length <= 10, "has more than 10 entries")
    .default({}),
  /** What the queue has where it is left out. */
  delaySeconds: z.int().min(0).max(QUEUE_BOUNDS.delaySeconds.max).exactOptional(),
  /** A FIFO queue's message needs one. */
  messageGroupId: fifoName.exactOptional(),
  /** For FIFO queues; one of its own where it is left out, so that the message is always stored. */
  messageDeduplicationId: fifoName.exactOptional(),
});
export type SendBody = z.input<typeof sendBody>;

export const sendAnswer = z.object({ id: z.string() });

/** Fillers of a queue that an answer lists. */
export const FILLERS_MAX = 100;

export const queueAnswer = z.object({
  name: z.string(),
  description: z.string().exactOptional(),
  ...queueOrigin,
  visibilityTimeoutSeconds: z.number(),
  delaySeconds: z.number(),
  receiveWaitSeconds: z.number(),
  maximumMessageBytes: z.number(),
  /** Absent where it keeps everything. */
  messageRetentionSeconds: z.number().exactOptional(),
  redrivePolicy: z.object({ queue: z.string(), maxReceiveCount: z.number() }).exactOptional(),
  tags: z.record(z.string(), z.string()).exactOptional(),
  visible: z.number(),
  inFlight: z.number(),
  delayed: z.number(),
  /** Of which routers `inFlight` and `delayed` are: RabbitMQ counts neither, so that each router knows its own. */
  countsOf: z.enum(["all", "router"]),
  /** When its oldest message was sent, in epoch milliseconds. Absent for an empty queue, and on RabbitMQ, which does not say. */
  oldestSentAtMs: z.number().exactOptional(),
  /** Who consumes it over AMQP, and long polls that wait at the router. */
  consumers: z.number(),
  waitingPolls: z.number(),
  /** What puts messages into it; up to 100. */
  filledBy: z
    .array(z.object({ kind: z.enum(["rule", "schedule", "function-records", "dead-letters"]), name: z.string() }))
    .readonly(),
  /** How many there are besides. */
  filledByMore: z.number(),
});
export type QueueAnswer = z.infer<typeof queueAnswer>;

/** Of a move. */
export const moveParameters = z.strictObject({
  /** The queue that everything goes to. Where it is left out, each message goes to the queue that it came from. */
  destination: textParameter.optional(),
  ratePerSecond: countParameter(JOB_RATE_MAX).optional(),
});

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
