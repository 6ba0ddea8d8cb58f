import { z } from "zod";
import { JOB_STATES } from "../../domain/job/job.ts";
import { choiceParameter, countParameter, textParameter } from "../parameters.ts";

export const RULE_LIST_MAX = 1_000;

export const ruleListParameters = z.strictObject({
  bus: textParameter.exactOptional(),
  /** `function/NAME`, `api-destination/NAME`, `queue/NAME` or `event-bus/NAME` of a target. */
  destination: textParameter.exactOptional(),
  /** The name of a rule, of whichever bus. */
  rule: textParameter.exactOptional(),
  /** Only rules with a target that does not exist, or only the others. */
  gone: choiceParameter(["true", "false"]).exactOptional(),
  limit: countParameter(RULE_LIST_MAX).default(RULE_LIST_MAX),
  /** `next` of the page before. */
  after: textParameter.exactOptional(),
});

/** How events are collected, to be given to a function together. */
export const batchAnswer = z.object({
  size: z.number(),
  windowSeconds: z.number(),
  /** A JSON path into the event: a batch has only events in which it finds the same. */
  groupBy: z.string().exactOptional(),
});

const targetAnswer = z.object({
  id: z.string(),
  /** `archive`: of a rule that an archive manages. `other`: a resource that Busbar has not, called by its ARN. */
  kind: z.enum(["function", "api-destination", "queue", "stream", "event-bus", "archive", "other"]),
  name: z.string(),
  /** The version or alias of a function that is called; absent where none is named. */
  qualifier: z.string().exactOptional(),
  /** Whether what it goes to does not exist: each delivery becomes a dead letter. */
  isGone: z.boolean().exactOptional(),
  /** What it is given: the event, or something made of it. */
  input: z.enum(["event", "constant", "path", "template"]),
  /** How much later than it is accepted it is given an event; absent where not at all. */
  delaySeconds: z.number().exactOptional(),
  /** Absent where it is given each event by itself. */
  batch: batchAnswer.exactOptional(),
  deadLetterQueue: z.string().exactOptional(),
});

/** The past that a rule gets before it gets new events, by its `startFrom`. */
const pastAnswer = z.object({
  archive: z.string(),
  /** What was accepted earlier is left out; ISO 8601. */
  from: z.string().exactOptional(),
  /** Of the replay that brings it. Absent before it begins, and once it is listed no more. */
  state: z.enum(JOB_STATES).exactOptional(),
  replay: z.string().exactOptional(),
  /** About how many events of the archive are yet to be read. */
  left: z.number().exactOptional(),
  /** When the last event that was read was accepted; ISO 8601. */
  readTo: z.string().exactOptional(),
});

const ruleAnswer = z.object({
  bus: z.string(),
  name: z.string(),
  description: z.string().exactOptional(),
  state: z.enum(["ENABLED", "DISABLED"]),
  /** JSON text, as the configuration has it. A rule has a pattern, a schedule or both. */
  eventPattern: z.string().exactOptional(),
  scheduleExpression: z.string().exactOptional(),
  past: pastAnswer.exactOptional(),
  /** Whether conditions have to be met as well. */
  hasConditions: z.boolean(),
  targets: z.array(targetAnswer).readonly(),
  /** Where a file has it, `config/rules.yaml:14:3`: it is changed there. Absent for one that was made over the API. */
  place: z.string().exactOptional(),
  /** When it was made over the API, and last changed, in epoch milliseconds. */
  createdAtMs: z.number().exactOptional(),
  changedAtMs: z.number().exactOptional(),
  /** Set for a rule that an archive manages, and nobody else changes. */
  managedBy: z.string().exactOptional(),
});

export const ruleListAnswer = z.object({
  rules: z.array(ruleAnswer).readonly(),
  next: z.string().exactOptional(),
});
export type RuleListAnswer = z.infer<typeof ruleListAnswer>;
