import { z } from "zod";
import { REPLAY_RULES_MAX } from "../../domain/replay/replay.ts";
import { choiceParameter, countParameter, lineParameter, textParameter, timeParameter } from "../parameters.ts";
import { JOB_RATE_MAX, leftOutAnswer } from "../queues/jobs.ts";

const NAME = /^[.\-_A-Za-z0-9]{1,64}$/;

const nameParameter = z
  .string({ error: "is missing" })
  .regex(NAME, { error: "must have 1..64 letters, digits and . - _" });

const rules = z
  .string()
  .transform((text) => text.split(",").filter((rule) => rule !== ""))
  .refine((names) => names.length >= 1 && names.length <= REPLAY_RULES_MAX, {
    error: `must be 1..${REPLAY_RULES_MAX} names of rules with commas between them`,
  })
  .meta({ type: "string" });

/** Which archived events, and for whom. */
export const replaySelectionParameters = z.strictObject({
  /** The replay's name, which rules can ask for as `replay-name`. */
  name: nameParameter,
  /** Of the events' own time, both included. */
  from: timeParameter,
  to: timeParameter,
  /** The only rules that get them: names with commas between them. */
  rules: rules.optional(),
  /** The only target that gets them, of the one rule that is named. */
  target: textParameter.max(64).optional(),
  /** Sends each event to those targets alone at which the journal has no success of it. */
  onlyUndelivered: choiceParameter(["true", "false"]).optional(),
  /** With that, also to those of which the journal cannot say. */
  unknownToo: choiceParameter(["true", "false"]).optional(),
});

export const startReplayParameters = replaySelectionParameters.extend({
  description: lineParameter(512).optional(),
  ratePerSecond: countParameter(JOB_RATE_MAX).optional(),
});

export const replayCountAnswer = z.object({
  /** Events of the window. */
  events: z.number(),
  /** How many events were read of the archive. */
  looked: z.number(),
  /** `time`: the archive was not read to its end. */
  end: z.enum(["finished", "time"]),
  /** How many of the events each rule would match, the most first. */
  rules: z.array(z.object({ bus: z.string(), rule: z.string(), events: z.number() })).readonly(),
  /** How many no rule would match, or none of those that are named. */
  unmatched: z.number(),
  /** How many cannot be put on the bus, by reason. */
  unroutable: z.record(z.string(), z.number()),
  /** With `onlyUndelivered`: how many are left out, as they were delivered, or nobody knows whether they were. */
  leftOut: leftOutAnswer.exactOptional(),
});
export type ReplayCountAnswer = z.infer<typeof replayCountAnswer>;
