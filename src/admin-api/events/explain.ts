import { z } from "zod";
import { batchAnswer } from "../configuration/rules.ts";

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
export const ruleExplanationAnswer = z.object({
  bus: z.string(),
  rule: z.string(),
  state: z.enum(["ENABLED", "DISABLED"]),
  matched: z.boolean(),
  misses: z.array(miss).readonly(),
  conditions: z.union([z.enum(["met", "not met"]), z.object({ error: z.string() })]).exactOptional(),
  unmetComparisons: z.array(unmetComparison).readonly().exactOptional(),
  targets: z
    .array(
      z.object({
        id: z.string(),
        kind: z.string(),
        name: z.string(),
        /** The version or alias of a function that is called; absent where none is named. */
        qualifier: z.string().exactOptional(),
        /** How much later than it is accepted it is given an event; absent where not at all. */
        delaySeconds: z.number().exactOptional(),
        /** Absent where it is given each event by itself. */
        batch: batchAnswer.exactOptional(),
        rules: texts.exactOptional(),
      }),
    )
    .readonly(),
});
export type RuleExplanationAnswer = z.infer<typeof ruleExplanationAnswer>;

/** The same for all rules of a bus. */
export const eventExplanationAnswer = z.object({
  /** The digest of the configuration that it is by. */
  configuration: z.string(),
  bus: z.string(),
  /** Whether the caller may put the event there; absent by rules that are not in force any more. */
  put: z
    .object({
      /** Absent on a router that asks nobody who they are. */
      principal: z.string().exactOptional(),
      decision: z.enum(["allowed", "denied", "not-allowed"]),
      /** The statement that decided, of the caller's own policies or the bus's. */
      statement: z.string().exactOptional(),
    })
    .exactOptional(),
  matched: z.array(ruleExplanationAnswer).readonly(),
  missed: z.array(ruleExplanationAnswer).readonly(),
  leftOut: z.number(),
  onOtherBuses: texts,
});
export type EventExplanationAnswer = z.infer<typeof eventExplanationAnswer>;
