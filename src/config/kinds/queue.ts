import { z } from "zod";
import type { QueueConfig } from "../../domain/queue/queue-config.ts";
import { QUEUE_BOUNDS, SOURCE_QUEUES_MAX } from "../../domain/queue/queue-config.ts";
import { RESERVED_QUEUE_PREFIXES } from "../../domain/queue/queues.ts";
import type { Context } from "./kind/context.ts";
import type { NameRule } from "./kind/kind.ts";
import { defineKind } from "./kind/kind.ts";
import { queuePolicy } from "./parts/bus-policy.ts";
import { isJsonObject } from "../../json/json.ts";
import { FIFO_SUFFIX, isFifoQueue } from "../../domain/queue/fifo.ts";
import type { Issues } from "./parts/fields.ts";
import { addIssue, ALWAYS, anyNameOf, description, wholeNumber } from "./parts/fields.ts";

/** RabbitMQ takes 255; half of that leaves room for names made from it. */
const NAME_BYTES_MAX = 127;

const names: NameRule = {
  pattern: new RegExp(`^(?!${RESERVED_QUEUE_PREFIXES.join("|").replaceAll(".", "\\.")})\\P{Cc}{1,127}$`, "u"),
  message: `its name must be 1 to 127 bytes and not begin with ${RESERVED_QUEUE_PREFIXES.join(" or ")}`,
};

function setting(name: keyof typeof QUEUE_BOUNDS, about: string) {
  const { min, max } = QUEUE_BOUNDS[name];
  return wholeNumber(min, max, about).exactOptional();
}

const tags = z
  .record(z.string().min(1).max(128), z.string().max(256))
  .refine((given) => Object.keys(given).length <= 50, { error: "must be 50 tags at most" })
  .describe("What ListQueueTags answers.");

function redrivePolicy(context: Context) {
  return z
    .strictObject({
      queue: anyNameOf(context, "queue", "The queue that takes them."),
      maxReceiveCount: wholeNumber(1, 1_000, "How often a message may be received."),
    })
    .describe("Where messages go that were received too often and never deleted.");
}

const redriveAllowPolicy = z
  .strictObject({
    redrivePermission: z.enum(["allowAll", "denyAll", "byQueue"]).describe("Which queues may name this one."),
    sourceQueues: z
      .array(z.string().min(1).max(NAME_BYTES_MAX))
      .max(SOURCE_QUEUES_MAX)
      .describe("With byQueue: those that may.")
      .exactOptional(),
  })
  .refine(({ redrivePermission, sourceQueues }) => (redrivePermission === "byQueue") === (sourceQueues !== undefined), {
    error: "must have sourceQueues with byQueue, and only then",
  })
  .describe("Which queues may move messages here by their redrivePolicy. Default: all.");

/** Only for FIFO queues, with SQS's names for their values. */
const FIFO_SETTINGS = {
  contentBasedDeduplication: z
    .boolean()
    .describe("Whether a message without a deduplication id has one of its body. Default: false.")
    .exactOptional(),
  deduplicationScope: z
    .enum(["queue", "messageGroup"])
    .describe("Where a deduplication id counts. Default: queue.")
    .exactOptional(),
  throughputLimit: z
    .enum(["perQueue", "perMessageGroupId"])
    .describe("What FifoThroughputLimit answers; nothing else follows from it. Default: perQueue.")
    .exactOptional(),
};

interface FifoShape {
  readonly fifo?: boolean;
  readonly redrivePolicy?: { readonly queue?: string };
  readonly deduplicationScope?: string;
  readonly throughputLimit?: string;
}

function checkFifo(shape: FifoShape, issues: Issues): void {
  const isFifo = shape.fifo === true;
  for (const key of Object.keys(FIFO_SETTINGS)) {
    if (!isFifo && Object.hasOwn(shape, key)) addIssue(issues, "is for FIFO queues only", { path: [key] });
  }
  if (shape.throughputLimit === "perMessageGroupId" && shape.deduplicationScope !== "messageGroup")
    addIssue(issues, "must be perQueue, unless deduplicationScope is messageGroup", { path: ["throughputLimit"] });
  const deadLetters = shape.redrivePolicy?.queue;
  if (typeof deadLetters === "string" && isFifoQueue(deadLetters) !== isFifo) {
    const message = isFifo ? "must name a FIFO queue, as this one is" : "must not name a FIFO queue: this one is none";
    addIssue(issues, message, { path: ["redrivePolicy", "queue"] });
  }
}

/** A queue, with SQS's defaults for those who use it over the SQS API. */
function schema(context: Context) {
  return z
    .strictObject({
      description: description.exactOptional(),
      visibilityTimeoutSeconds: setting(
        "visibilityTimeoutSeconds",
        "How long a message that is received is invisible. Default: 30.",
      ),
      delaySeconds: setting("delaySeconds", "How long a message waits that is sent over the SQS API. Default: 0."),
      receiveWaitSeconds: setting("receiveWaitSeconds", "How long a receive waits for a message. Default: 0."),
      messageRetentionSeconds: setting("messageRetentionSeconds", "Older messages are deleted. Default: none are."),
      maximumMessageBytes: setting(
        "maximumMessageBytes",
        "The longest message that may be sent over the SQS API, with its attributes. Default: 1048576.",
      ),
      redrivePolicy: redrivePolicy(context).exactOptional(),
      redriveAllowPolicy: redriveAllowPolicy.exactOptional(),
      policy: queuePolicy.exactOptional(),
      fifo: z
        .boolean()
        .describe(`Whether messages of a group are received in order. The name of such a queue ends in ${FIFO_SUFFIX}.`)
        .exactOptional(),
      ...FIFO_SETTINGS,
      tags: tags.exactOptional(),
    })
    .superRefine(checkFifo, ALWAYS)
    .describe("A queue of yours, exactly so named on the broker. One that exists is taken as found.");
}

function problemOfName(name: string, raw: unknown): string | undefined {
  // The pattern counts characters.
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) return names.message;
  const isFifo = isJsonObject(raw) && raw["fifo"] === true;
  if (isFifo === isFifoQueue(name)) return undefined;
  return isFifo ? `is a FIFO queue: its name must end in ${FIFO_SUFFIX}` : `must have "fifo: true", as its name says`;
}

/** `queues` */
export const queues = defineKind({
  noun: "queue",
  about: "Queues of yours, by name. Others may fill and read them too.",
  names,
  nameProblem: problemOfName,
  schema,
  make: (name, shape: z.output<ReturnType<typeof schema>>): QueueConfig => ({ name, ...shape }),
  secrets: [],
});
