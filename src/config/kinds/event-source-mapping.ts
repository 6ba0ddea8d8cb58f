import { z } from "zod";
import type { Mapping } from "../../domain/mapping/mapping.ts";
import {
  FIFO_BATCH_SIZE_MAX,
  FILTER_CHARACTERS_MAX,
  MAPPING_BOUNDS,
  MAPPING_CONCURRENCY,
  MAPPING_FILTERS_MAX,
  STREAM_BATCH_SIZE_DEFAULT,
} from "../../domain/mapping/mapping.ts";
import { isFifoQueue } from "../../domain/queue/fifo.ts";
import type { Context } from "./kind/context.ts";
import { defineKind, NAME } from "./kind/kind.ts";
import { eventPattern } from "./parts/event-pattern.ts";
import type { Issues } from "./parts/fields.ts";
import {
  addIssue,
  ALWAYS,
  anyNameOf,
  checkExactlyOneOf,
  description,
  nameOf,
  oneOf,
  wholeNumber,
} from "./parts/fields.ts";
import { toFunctionRef } from "./target/target-ref.ts";
import { checkStreamFields, streamFields, toStreamSource } from "./parts/stream-source.ts";

const SOURCES = ["queue", "stream"] as const;
/** What a mapping of a stream has not. */
const QUEUES_ONLY = ["maximumConcurrency", "format"] as const;

function setting(name: "batchWindowSeconds", about: string) {
  const bounds = MAPPING_BOUNDS[name];
  return wholeNumber(bounds.min, bounds.max, about).default(bounds.default);
}

const filters = z
  .array(
    eventPattern("An event pattern of a record, such as { body: { kind: [order] } }.").superRefine(checkFilterLength),
  )
  .max(MAPPING_FILTERS_MAX)
  .describe(
    "Messages that fit none of them are deleted, records of a stream passed over, and the function is not called with them.",
  );

/** @param filter without its text where it is wrong in itself. */
function checkFilterLength({ patternJson = "" }: { readonly patternJson?: string }, issues: Issues): void {
  const { length } = patternJson;
  if (length <= FILTER_CHARACTERS_MAX) return;
  addIssue(issues, `must have at most ${FILTER_CHARACTERS_MAX} characters as JSON, has ${length}`);
}

interface BatchFields {
  readonly queue?: string;
  readonly batchSize?: number;
  readonly maximumBatchingWindowInSeconds: number;
}

/** As Lambda has it: a batch of a FIFO queue is what one receive has. */
function checkFifoFields({ queue, batchSize, maximumBatchingWindowInSeconds }: BatchFields, issues: Issues): void {
  if (!isFifoQueue(queue ?? "")) return;
  if (batchSize !== undefined && batchSize > FIFO_BATCH_SIZE_MAX)
    addIssue(issues, `must be 1..${FIFO_BATCH_SIZE_MAX}: its queue is a FIFO queue`, { path: ["batchSize"] });
  if (maximumBatchingWindowInSeconds > 0)
    addIssue(issues, "is not for FIFO queues", { path: ["maximumBatchingWindowInSeconds"] });
}

/** An event source mapping, with Lambda's property names. */
function schema(context: Context) {
  return z
    .strictObject({
      description: description.exactOptional(),
      queue: anyNameOf(context, "queue", "The queue whose messages the function is called with.").exactOptional(),
      stream: nameOf(context, "stream", "The stream whose records the function is called with.").exactOptional(),
      function: nameOf(context, "function", "The function that is called."),
      batchSize: wholeNumber(
        MAPPING_BOUNDS.batchSize.min,
        MAPPING_BOUNDS.batchSize.max,
        "The most records of one call, of a FIFO queue 10 at most. Default: 10, and of a stream 100.",
      ).exactOptional(),
      maximumBatchingWindowInSeconds: setting(
        "batchWindowSeconds",
        "How long a batch is collected, from its first record on, not of a FIFO queue. With 0 a call has what is there.",
      ),
      reportBatchItemFailures: z
        .boolean()
        .default(false)
        .describe("Whether the function's answer says which records failed. Otherwise all fail or succeed together."),
      filters: filters.exactOptional(),
      maximumConcurrency: wholeNumber(
        MAPPING_CONCURRENCY.min,
        MAPPING_CONCURRENCY.max,
        "Calls of this mapping at once, over all routers, about. Left out, as many as the function takes.",
      ).exactOptional(),
      format: z
        .enum(["sqs", "rmq"])
        .describe("How messages are shown: as SQS's records, or as those of Amazon MQ for RabbitMQ. Default: sqs.")
        .exactOptional(),
      enabled: z.boolean().default(true).describe("Whether the source is read."),
      ...streamFields(context),
    })
    .superRefine((value, issues) => {
      checkExactlyOneOf(SOURCES, value, issues);
      checkStreamFields(value, issues);
      checkFifoFields(value, issues);
      for (const name of Object.hasOwn(value, "stream") ? QUEUES_ONLY : []) {
        if (Object.hasOwn(value, name)) addIssue(issues, "is for queues only", { path: [name] });
      }
      if (value.format !== "rmq" || !value.reportBatchItemFailures) return;
      addIssue(issues, "is for format sqs only: records of rmq have no id", { path: ["reportBatchItemFailures"] });
    }, ALWAYS)
    .meta({
      description: "Calls a function with batches of a queue's messages, or of a stream's records.",
      ...oneOf(SOURCES),
    });
}

type Shape = z.output<ReturnType<typeof schema>>;

function toMapping(name: string, shape: Shape): Mapping {
  const to = toFunctionRef(shape.function);
  const common = {
    name,
    ...(shape.description === undefined ? {} : { description: shape.description }),
    functionName: to.name,
    ...(to.qualifier === undefined ? {} : { qualifier: to.qualifier }),
    batchWindowSeconds: shape.maximumBatchingWindowInSeconds,
    reportBatchItemFailures: shape.reportBatchItemFailures,
    filters: shape.filters ?? [],
    ...(shape.maximumConcurrency === undefined ? {} : { maximumConcurrency: shape.maximumConcurrency }),
    isEnabled: shape.enabled,
  };
  const { queue, stream, batchSize, format = "sqs" } = shape;
  if (stream !== undefined) {
    const source = toStreamSource(stream, shape);
    return { ...common, source, format: "kinesis", batchSize: batchSize ?? STREAM_BATCH_SIZE_DEFAULT };
  }
  const source = { kind: "queue", queue: queue ?? "" } as const;
  return { ...common, source, format, batchSize: batchSize ?? MAPPING_BOUNDS.batchSize.default };
}

/** `eventSourceMappings` */
export const eventSourceMappings = defineKind({
  noun: "event source mapping",
  about: "Event source mappings, by name, with Lambda's property names.",
  names: NAME,
  schema,
  make: toMapping,
  secrets: [],
});
