import { z } from "zod";
import { REDRIVE_TO } from "../../domain/failure/redrive-to.ts";
import type { Job, JobOrder, LetterOrder } from "../../domain/job/job.ts";
import { JOB_KINDS, JOB_STATES } from "../../domain/job/job.ts";
import type { ReplayOrder, ReplayPlace } from "../../domain/replay/replay.ts";
import { choiceParameter, countParameter } from "../parameters.ts";

export const JOB_RATE_MAX = 10_000;

/** What takes a job's rate away. */
export const NO_RATE = "none";

/** A rate, or null for none. */
const rateParameter = z.union([z.literal(NO_RATE).transform(() => null), countParameter(JOB_RATE_MAX)], {
  error: ({ input }) => `must be 1..${JOB_RATE_MAX} or ${NO_RATE}, got ${JSON.stringify(input)}`,
});

/** What is changed of a job: one of the two, or both. */
export const jobChangeParameters = z.strictObject({
  ratePerSecond: rateParameter.optional(),
  paused: choiceParameter(["true", "false"]).optional(),
});

/** Events that a replay of what is not delivered leaves out. */
export const leftOutAnswer = z.object({
  /** They were delivered wherever they would go. */
  delivered: z.number(),
  /** The journal cannot say of some target whether they were. */
  unknown: z.number(),
});

/** Which archived events a replay puts on their bus again. */
const replayOrderAnswer = z.object({
  name: z.string(),
  archive: z.string(),
  bus: z.string(),
  /** Of the events, both included; ISO 8601. */
  from: z.string(),
  to: z.string(),
  /** The only rules that get them; all of the bus otherwise. */
  rules: z.array(z.string()).readonly().exactOptional(),
  /** The only target of the one rule that gets them. */
  target: z.string().exactOptional(),
  description: z.string().exactOptional(),
  /** Only what is not delivered is sent. `unknownToo`: and what the journal cannot say of. */
  undelivered: z.object({ unknownToo: z.boolean() }).exactOptional(),
  /** It gives its one rule the past, by the rule's `startFrom`. */
  catchesUp: z.literal(true).exactOptional(),
  /** The time of the last event that was sent; ISO 8601. */
  lastEventTime: z.string().exactOptional(),
  /** Of one that catches up, when the last event that was read was accepted; ISO 8601. */
  readTo: z.string().exactOptional(),
});

export type ReplayOrderAnswer = z.infer<typeof replayOrderAnswer>;

/** A redrive, a purge, a move or a replay that routers carry on. */
export const jobAnswer = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  /** Of a redrive, a purge or a move. */
  queue: z.string().exactOptional(),
  /** Of a replay. */
  replay: replayOrderAnswer.exactOptional(),
  /** Which dead letters are selected; the names are those of the parameters, times are ISO 8601. */
  filter: z.record(z.string(), z.string()),
  /** Of a move: the queue that everything goes to. Absent where each message goes to the queue that it came from. */
  destination: z.string().exactOptional(),
  /** Of a redrive. */
  to: z.enum(REDRIVE_TO).exactOptional(),
  limit: z.number().exactOptional(),
  ratePerSecond: z.number().exactOptional(),
  state: z.enum(JOB_STATES),
  /** Why it failed, or what keeps it from going on now. */
  problem: z.string().exactOptional(),
  /** How many messages were read, or events of the archive. */
  looked: z.number(),
  /**
   * How many messages of the queue are yet to be read, or to be moved, or events to be sent. Of a replay that catches up, about how many are
   * yet to be read.
   */
  left: z.number(),
  /** How many were redriven, deleted, moved or replayed. */
  removed: z.number(),
  /** How many cannot be redriven, moved or replayed, by reason. A later version may have more reasons. */
  unredrivable: z.record(z.string(), z.number()),
  /** The first 20 of those that cannot be. */
  examples: z.array(z.object({ id: z.string(), reason: z.string(), message: z.string() })).readonly(),
  /** The delivery ids of the first 20 that were removed, or the ids of the events that were replayed first. */
  firstIds: z.array(z.string()).readonly(),
  /** Of a replay of what is not delivered, how many it did not send, or not everywhere. */
  leftOut: leftOutAnswer.exactOptional(),
  /** ISO 8601. */
  startedAt: z.string(),
  startedBy: z.string().exactOptional(),
  /** Who changed its rate or state last. */
  changedBy: z.string().exactOptional(),
  /** ISO 8601. */
  endedAt: z.string().exactOptional(),
  /** The router that runs it, or ran it last, as log and journal call it. */
  router: z.string().exactOptional(),
});
export type JobAnswer = z.infer<typeof jobAnswer>;

export const jobsAnswer = z.object({ jobs: z.array(jobAnswer).readonly() });
export type JobsAnswer = z.infer<typeof jobsAnswer>;

/** Describes a job to its callers. */
export function describeJob({ id, order, state, owner, progress, startedAtMs, endedAtMs, ...job }: Job): JobAnswer {
  const { place, ...counts } = progress;
  const { ratePerSecond, problem, startedBy, changedBy } = job;
  return {
    id,
    kind: order.kind,
    ...orderFields(order, place),
    ...given({ ratePerSecond }),
    state,
    ...given({ problem }),
    ...counts,
    startedAt: timeText(startedAtMs),
    ...given({ startedBy, changedBy, endedAt: endedAtMs && timeText(endedAtMs), router: owner.router }),
  } as JobAnswer;
}

function orderFields(order: JobOrder, place: ReplayPlace | undefined) {
  switch (order.kind) {
    case "replay":
      return { replay: describeOrder(order, place), filter: {} };
    case "move":
      return { queue: order.queue, filter: {}, ...given({ destination: order.destination }) };
    case "purge":
      return { queue: order.queue, filter: filterText(order.filter) };
    case "redrive":
      return { queue: order.queue, filter: filterText(order.filter), to: order.to, ...given({ limit: order.limit }) };
  }
}

function describeOrder(order: ReplayOrder, place: ReplayPlace | undefined): ReplayOrderAnswer {
  const { name, archive, bus, fromMs, toMs, rules, target, description, undelivered, catchesUp } = order;
  const { lastTimeMs, readMs } = place ?? {};
  const window = { from: timeText(fromMs), to: timeText(toMs) };
  const lastEventTime = lastTimeMs === undefined ? undefined : timeText(lastTimeMs);
  const readTo = readMs === undefined ? undefined : timeText(readMs);
  return {
    name,
    archive,
    bus,
    ...window,
    ...given({ rules, target, description, undelivered, catchesUp, lastEventTime, readTo }),
  } as ReplayOrderAnswer;
}

function filterText({ id, rule, target, errorCode, beforeMs, afterMs, notRedrivenSinceMs }: LetterOrder["filter"]) {
  const times = { before: beforeMs, after: afterMs, notRedrivenSince: notRedrivenSinceMs };
  const texts = Object.entries(times).map(([name, ms]) => [name, ms === undefined ? undefined : timeText(ms)] as const);
  return given({ id, rule, target, errorCode, ...Object.fromEntries(texts) }) as Record<string, string>;
}

/** The fields that have a value. */
function given<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}

function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
