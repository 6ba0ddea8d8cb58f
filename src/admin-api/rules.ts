import { z } from "zod";
import { countParameter, textParameter } from "./parameters.ts";

export const RULE_LIST_MAX = 1_000;

export const ruleListParameters = z.strictObject({
  bus: textParameter.exactOptional(),
  /** `function/NAME`, `api-destination/NAME`, `queue/NAME` or `event-bus/NAME` of a target. */
  destination: textParameter.exactOptional(),
  /** The name of a rule, of whichever bus. */
  rule: textParameter.exactOptional(),
  limit: countParameter(RULE_LIST_MAX).default(RULE_LIST_MAX),
  /** `next` of the page before. */
  after: textParameter.exactOptional(),
});

const targetAnswer = z.object({
  id: z.string(),
  kind: z.enum(["function", "api-destination", "queue", "event-bus"]),
  name: z.string(),
  /** What it is given: the event, or something made of it. */
  input: z.enum(["event", "constant", "path", "template"]),
  deadLetterQueue: z.string().exactOptional(),
});

const ruleAnswer = z.object({
  bus: z.string(),
  name: z.string(),
  description: z.string().exactOptional(),
  state: z.enum(["ENABLED", "DISABLED"]),
  /** JSON text, as the configuration has it. */
  eventPattern: z.string(),
  /** Whether conditions have to be met as well. */
  hasConditions: z.boolean(),
  targets: z.array(targetAnswer).readonly(),
});

export const ruleListAnswer = z.object({
  rules: z.array(ruleAnswer).readonly(),
  next: z.string().exactOptional(),
});
export type RuleListAnswer = z.infer<typeof ruleListAnswer>;
