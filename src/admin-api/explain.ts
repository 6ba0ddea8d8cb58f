import { z } from "zod";

const ONCE = { error: "must be given once" };

/** `bus`: the bus that the event is put on. `rule`: the one rule to explain. */
export const explainParameters = z.object({
  bus: z.string(ONCE).exactOptional(),
  rule: z.string(ONCE).exactOptional(),
});

const texts = z.array(z.string()).readonly();

const miss = z.object({ field: z.string(), expected: texts, found: z.array(z.unknown()).readonly(), hints: texts });

const unmetComparison = z.object({
  place: z.string(),
  comparison: z.string(),
  isNegated: z.boolean(),
  found: z.string().exactOptional(),
  foundOther: z.string().exactOptional(),
});

/** Why a rule matches an event, or does not. */
const ruleExplanationAnswer = z.object({
  bus: z.string(),
  rule: z.string(),
  state: z.enum(["ENABLED", "DISABLED"]),
  matched: z.boolean(),
  misses: z.array(miss).readonly(),
  conditions: z.union([z.enum(["met", "not met"]), z.object({ error: z.string() })]).exactOptional(),
  unmetComparisons: z.array(unmetComparison).readonly().exactOptional(),
  targets: z
    .array(z.object({ id: z.string(), kind: z.string(), name: z.string(), rules: texts.exactOptional() }))
    .readonly(),
});
export type RuleExplanationAnswer = z.infer<typeof ruleExplanationAnswer>;

/** The same for all rules of a bus. */
export const eventExplanationAnswer = z.object({
  bus: z.string(),
  matched: z.array(ruleExplanationAnswer).readonly(),
  missed: z.array(ruleExplanationAnswer).readonly(),
  leftOut: z.number(),
  onOtherBuses: texts,
});
export type EventExplanationAnswer = z.infer<typeof eventExplanationAnswer>;
