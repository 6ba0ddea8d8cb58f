import { z } from "zod";
import { parseJson } from "../../../json/json.ts";
import { isFifoQueue } from "../../../domain/queue/fifo.ts";
import type { Target, TargetInput } from "../../../domain/target/target.ts";
import { TARGET_DELAY_SECONDS_MAX } from "../../../domain/target/target.ts";
import { MAPPING_BOUNDS } from "../../../domain/mapping/mapping.ts";
import { parseTemplate } from "../../../domain/rule/template.ts";
import type { Context } from "../kind/context.ts";
import {
  addIssue,
  ALWAYS,
  checkExactlyOneOf,
  deadLetterConfig,
  anyNameOf,
  nameOf,
  oneOf,
  wholeNumber,
} from "../parts/fields.ts";
import { isLine } from "../../../text/line.ts";
import { jsonPath } from "../parts/json-path.ts";
import { targetHttpParameters } from "./http-parameters.ts";
import { TARGETS, toTargetRef } from "./target-ref.ts";

const INPUTS = ["input", "inputPath", "inputTransformer"] as const;

/** Any value, kept as JSON text. A text is taken as JSON itself, as EventBridge's `Input` is. */
export const input = z
  .unknown()
  .transform((value, issues): Extract<TargetInput, { kind: "constant" }> => {
    if (typeof value !== "string") return { kind: "constant", json: JSON.stringify(value) };
    if (parseJson(value) === undefined)
      addIssue(issues, "is a text, and so must be JSON: write '\"text\"' to give a text itself");
    return { kind: "constant", json: value };
  })
  .meta({ description: "Given to the target in place of the event: any value, or a text that holds JSON." });

const inputTransformer = z
  .strictObject({
    inputPathsMap: z
      .record(z.string(), jsonPath("A JSON path into the event."))
      .default({})
      .describe("Names for parts of the event, for use as <name> in the template."),
    inputTemplate: z.string().describe("JSON, or one quoted text, with <name> in it."),
  })
  .transform(({ inputPathsMap, inputTemplate }, issues): TargetInput => {
    const parsed = parseTemplate(inputPathsMap, inputTemplate);
    if (parsed.ok) return { kind: "template", template: parsed.template };
    addIssue(issues, parsed.reason, { path: ["inputTemplate"], quotesValue: true });
    return z.NEVER;
  })
  .meta({ description: "Makes what the target is given out of parts of the event." });

export const retryPolicy = z
  .strictObject({
    maximumRetryAttempts: wholeNumber(0, 185, "How often a failed call is tried again.").default(185),
    maximumEventAgeInSeconds: wholeNumber(60, 86_400, "Older events are not tried again.").default(86_400),
  })
  .describe("How long and how often the target is tried until it is reached.");

export const sqsParameters = z
  .strictObject({
    messageGroupId: z
      .string()
      .min(1)
      .max(128)
      .refine((value) => isLine(value, 128), { error: "must be a text on one line" })
      .describe("Which messages belong together, in a header of each."),
  })
  .describe("What a message of the queue carries besides.");

export const kinesisParameters = z
  .strictObject({
    partitionKeyPath: jsonPath(
      "The JSON path into the event that finds the partition key. Left out, it is the event's id.",
    ),
  })
  .describe("Which records of the stream stay in order.");

const { batchSize: SIZE, batchWindowSeconds: WINDOW } = MAPPING_BOUNDS;

/** With the bounds and defaults of an event source mapping. */
const batch = z
  .strictObject({
    size: wholeNumber(SIZE.min, SIZE.max, "The most events of one call.").default(SIZE.default),
    windowSeconds: wholeNumber(
      WINDOW.min,
      WINDOW.max,
      "How long a batch is collected, from its first event on. With 0 a call has what is there.",
    ).default(WINDOW.default),
    groupBy: jsonPath(
      "A JSON path into the event: a batch has only events for which it finds the same value.",
    ).exactOptional(),
  })
  .describe("Calls the function with lists of events.");

/** One target of a rule, with EventBridge's property names. */
export function targetSchema(context: Context) {
  return z
    .strictObject({
      function: nameOf(context, "function", "The function that is called.").exactOptional(),
      queue: anyNameOf(context, "queue", "The queue that takes the event.").exactOptional(),
      stream: nameOf(context, "stream", "The stream that the event is appended to.").exactOptional(),
      apiDestination: nameOf(context, "api-destination", "The API destination that is called.").exactOptional(),
      eventBus: nameOf(context, "event-bus", "The event bus that the event is put on too.").exactOptional(),
      input: input.exactOptional(),
      inputPath: jsonPath("The part of the event that the target is given.").exactOptional(),
      inputTransformer: inputTransformer.exactOptional(),
      retryPolicy: retryPolicy.exactOptional(),
      delaySeconds: wholeNumber(
        0,
        TARGET_DELAY_SECONDS_MAX,
        "How much later than it is accepted the target is given an event, in seconds.",
      ).exactOptional(),
      batch: batch.exactOptional(),
      httpParameters: targetHttpParameters.exactOptional(),
      sqsParameters: sqsParameters.exactOptional(),
      kinesisParameters: kinesisParameters.exactOptional(),
      deadLetterConfig: deadLetterConfig(context).exactOptional(),
    })
    .superRefine((value, issues) => {
      checkExactlyOneOf(TARGETS, value, issues);
      const inputs = INPUTS.filter((key) => Object.hasOwn(value, key));
      if (inputs.length > 1)
        addIssue(issues, `must have at most one of ${INPUTS.join(", ")}, has ${inputs.join(" and ")}`);
      if (Object.hasOwn(value, "eventBus")) {
        for (const key of inputs)
          addIssue(issues, "is not for event buses: an event goes on as it is", { path: [key] });
      }
      const isTried = Object.hasOwn(value, "apiDestination") || Object.hasOwn(value, "function");
      if (Object.hasOwn(value, "retryPolicy") && !isTried) {
        const message =
          "is for functions and API destinations only: queues, streams and event buses have the event when it is accepted";
        addIssue(issues, message, { path: ["retryPolicy"] });
      }
      if (Object.hasOwn(value, "httpParameters") && !Object.hasOwn(value, "apiDestination"))
        addIssue(issues, "is for API destinations only", { path: ["httpParameters"] });
      if (Object.hasOwn(value, "delaySeconds")) {
        const message = delayProblem(value);
        if (message !== undefined) addIssue(issues, message, { path: ["delaySeconds"] });
      }
      if (Object.hasOwn(value, "batch") && !Object.hasOwn(value, "function"))
        addIssue(issues, "is for functions only", { path: ["batch"] });
      checkGroup(value, issues);
      if (Object.hasOwn(value, "kinesisParameters") && !Object.hasOwn(value, "stream"))
        addIssue(issues, "is for streams only", { path: ["kinesisParameters"] });
    }, ALWAYS)
    .meta({ description: "What is called or filled when the rule matches.", ...oneOf(TARGETS) });
}

/** A FIFO queue needs a message group, a standard queue may have one. */
export function checkGroup(
  target: { readonly queue?: string; readonly sqsParameters?: object },
  issues: z.RefinementCtx,
): void {
  const hasGroup = Object.hasOwn(target, "sqsParameters");
  if (isFifoQueue(target.queue ?? "") && !hasGroup)
    addIssue(issues, "must have sqsParameters with a messageGroupId: its queue is a FIFO queue");
  if (hasGroup && !Object.hasOwn(target, "queue")) addIssue(issues, "is for queues only", { path: ["sqsParameters"] });
}

/** Why a target cannot have a delay. */
function delayProblem(target: { readonly queue?: string; readonly stream?: string; readonly eventBus?: string }) {
  if (isFifoQueue(target.queue ?? "")) return "is not for FIFO queues: what waits would lose its place in its group";
  if (target.stream !== undefined) return "is not for streams: what waits would lose its place in its partition";
  if (target.eventBus === undefined) return undefined;
  return "is not for event buses: give it to the targets of the rules there";
}

type Shape = z.output<ReturnType<typeof targetSchema>>;

/** What a checked target of a rule means. */
export function toTarget(id: string, shape: Shape): Target {
  const to = toTargetRef(shape);
  const { delaySeconds = 0 } = shape;
  return {
    id,
    to,
    input: toInput(shape),
    ...(shape.retryPolicy === undefined ? {} : { retryPolicy: shape.retryPolicy }),
    ...(delaySeconds === 0 ? {} : { delaySeconds }),
    ...(shape.batch === undefined ? {} : { batch: shape.batch }),
    ...(shape.httpParameters === undefined ? {} : { httpParameters: shape.httpParameters }),
    ...(shape.sqsParameters === undefined ? {} : { messageGroupId: shape.sqsParameters.messageGroupId }),
    ...(shape.kinesisParameters === undefined ? {} : { partitionKeyPath: shape.kinesisParameters.partitionKeyPath }),
    ...(shape.deadLetterConfig === undefined ? {} : { deadLetterQueue: shape.deadLetterConfig.queue }),
  };
}

function toInput({ input, inputPath, inputTransformer }: Shape): TargetInput {
  if (inputPath !== undefined) return { kind: "path", path: inputPath };
  return input ?? inputTransformer ?? { kind: "event" };
}
