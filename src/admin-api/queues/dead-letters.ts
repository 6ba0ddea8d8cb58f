import { z } from "zod";
import type { DeadLetter, DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import { REDRIVE_TO } from "../../domain/failure/redrive-to.ts";
import { JOB_RATE_MAX } from "./jobs.ts";
import { ruleKey } from "../../domain/rule/rule.ts";
import { choiceParameter, countParameter, textParameter, timeParameter } from "../parameters.ts";
import { refusedQueue } from "./queues.ts";

export const DEAD_LETTER_LIST_MAX = 1_000;
export const DEAD_LETTER_LIST_INITIAL = 100;
export const REDRIVE_LIMIT_MAX = 10_000;

/** A listed error message is cut to this length: a list has up to a thousand of them, each up to 128 KiB long. */
const LISTED_MESSAGE_CHARACTERS = 4_096;

const FILTER_CHARACTERS_MAX = 1_024;

const filterText = textParameter.max(FILTER_CHARACTERS_MAX, {
  error: `must be at most ${FILTER_CHARACTERS_MAX} characters long`,
});

/**
 * By which dead letters are selected, as of a purge. An unknown parameter is refused: a misspelt filter must not select
 * everything.
 */
export const deadLetterFilterParameters = z.strictObject({
  id: filterText.optional(),
  rule: filterText.optional(),
  target: filterText.optional(),
  errorCode: filterText.optional(),
  before: timeParameter.optional(),
  after: timeParameter.optional(),
  notRedrivenSince: timeParameter.optional(),
});

const to = choiceParameter(REDRIVE_TO).default("target");

export const deadLetterListParameters = deadLetterFilterParameters.extend({
  limit: countParameter(DEAD_LETTER_LIST_MAX).default(DEAD_LETTER_LIST_INITIAL),
});
export const deadLetterShowParameters = deadLetterFilterParameters.extend({ id: textParameter });
export const deadLetterCountParameters = deadLetterFilterParameters.extend({ to });
export const redriveParameters = deadLetterFilterParameters.extend({
  to,
  limit: countParameter(REDRIVE_LIMIT_MAX).optional(),
  ratePerSecond: countParameter(JOB_RATE_MAX).optional(),
});

/** The filter that a request's parameters describe. */
export function filterOf(parameters: z.output<typeof deadLetterFilterParameters>): DeadLetterFilter {
  const { id, rule, target, errorCode, before, after, notRedrivenSince } = parameters;
  return { id, rule, target, errorCode, beforeMs: before, afterMs: after, notRedrivenSinceMs: notRedrivenSince };
}

export const deadLetterQueuesAnswer = z.object({
  queues: z.array(z.union([z.object({ name: z.string(), ready: z.number() }), refusedQueue])).readonly(),
});
export type DeadLetterQueuesAnswer = z.infer<typeof deadLetterQueuesAnswer>;

/** How a pass through a queue ended. */
const pass = {
  /** How many messages were read. */
  looked: z.number(),
  end: z.enum(["finished", "limit", "time", "failed"]),
  /** Of an end that is `failed`. */
  problem: z.string().exactOptional(),
};

/** How many cannot be redriven, by reason. A later version may have more reasons. */
const unredrivable = z.record(z.string(), z.number());

const listedDeadLetter = z.object({
  id: z.string(),
  eventId: z.string().exactOptional(),
  /** ISO 8601. */
  time: z.string().exactOptional(),
  /** `bus/name`. */
  rule: z.string().exactOptional(),
  target: z.string().exactOptional(),
  destination: z.string().exactOptional(),
  errorCode: z.string(),
  errorMessage: z.string(),
  attempts: z.number(),
  redriven: z.number(),
});
export type ListedDeadLetter = z.infer<typeof listedDeadLetter>;

export const deadLetterListAnswer = z.object({ ...pass, deadLetters: z.array(listedDeadLetter).readonly() });
export type DeadLetterListAnswer = z.infer<typeof deadLetterListAnswer>;

export const deadLetterCountAnswer = z.object({
  ...pass,
  selected: z.number(),
  errorCodes: z.record(z.string(), z.number()),
  unredrivable,
});
export type DeadLetterCountAnswer = z.infer<typeof deadLetterCountAnswer>;

/** Describes a dead letter in a list. */
export function describeDeadLetter({ atMs, origin, errorMessage, ...same }: DeadLetter): ListedDeadLetter {
  const time = atMs === undefined ? undefined : timeText(atMs);
  return {
    ...same,
    errorMessage: shortened(errorMessage),
    ...(time === undefined ? {} : { time }),
    ...(origin === undefined ? {} : { rule: ruleKey(origin.bus, origin.rule), target: origin.target }),
  };
}

function shortened(text: string): string {
  return text.length <= LISTED_MESSAGE_CHARACTERS ? text : `${text.slice(0, LISTED_MESSAGE_CHARACTERS)}…`;
}

/** Undefined for a number that is no time: a header may hold anything. */
function timeText(epochMs: number): string | undefined {
  const time = new Date(epochMs);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
