import { z } from "zod";
import { parseJson } from "../../json/json.ts";
import { parsePath } from "../../json/json-path.ts";
import type { Target, TargetInput } from "../../domain/target/target.ts";
import { parseTemplate } from "../../domain/rule/template.ts";
import type { Context } from "./context.ts";
import { addIssue, ALWAYS, checkExactlyOneOf, deadLetterConfig, nameOf, oneOf, wholeNumber } from "./parts/fields.ts";
import { TARGETS, toTargetRef } from "./target-ref.ts";

const INPUTS = ["input", "inputPath", "inputTransformer"] as const;

function jsonPath(description: string) {
  return z
    .string()
    .superRefine((value, issues) => {
      const parsed = parsePath(value);
      if (!parsed.ok) addIssue(issues, parsed.reason, { quotesValue: true });
    })
    .describe(description);
}

/** Any value, kept as JSON text. A text is taken as JSON itself, as EventBridge's `Input` is. */
const input = z
  .unknown()
  .transform((value, issues): TargetInput => {
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

const retryPolicy = z
  .strictObject({
    maximumRetryAttempts: wholeNumber(0, 185, "How often a failed call is tried again.").default(185),
    maximumEventAgeInSeconds: wholeNumber(60, 86_400, "Older events are not tried again.").default(86_400),
  })
  .describe("How long and how often the API destination is tried again.");

/** One target of a rule, with EventBridge's property names. */
export function targetSchema(context: Context) {
  return z
    .strictObject({
      function: nameOf(context, "function", "The function that is called.").exactOptional(),
      queue: nameOf(context, "queue", "The queue that takes the event.").exactOptional(),
      apiDestination: nameOf(context, "api-destination", "The API destination that is called.").exactOptional(),
      eventBus: nameOf(context, "event-bus", "The event bus that the event is put on too.").exactOptional(),
      input: input.exactOptional(),
      inputPath: jsonPath("The part of the event that the target is given.").exactOptional(),
      inputTransformer: inputTransformer.exactOptional(),
      retryPolicy: retryPolicy.exactOptional(),
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
      if (Object.hasOwn(value, "retryPolicy") && !Object.hasOwn(value, "apiDestination")) {
        const message =
          "is for API destinations only: a function's retries are set on the function (maximumRetryAttempts, maximumEventAgeInSeconds), queues and event buses need none";
        addIssue(issues, message, { path: ["retryPolicy"] });
      }
    }, ALWAYS)
    .meta({ description: "What is called or filled when the rule matches.", ...oneOf(TARGETS) });
}

type Shape = z.output<ReturnType<typeof targetSchema>>;

/** What a checked target of a rule means. */
export function toTarget(id: string, shape: Shape): Target {
  const to = toTargetRef(shape);
  return {
    id,
    to,
    input: toInput(shape),
    ...(shape.retryPolicy === undefined ? {} : { retryPolicy: shape.retryPolicy }),
    ...(shape.deadLetterConfig === undefined ? {} : { deadLetterQueue: shape.deadLetterConfig.queue }),
  };
}

function toInput({ input, inputPath, inputTransformer }: Shape): TargetInput {
  if (inputPath !== undefined) return { kind: "path", path: inputPath };
  return input ?? inputTransformer ?? { kind: "event" };
}
