import { z } from "zod";
import { EVENT_OUTCOMES } from "./parameters.ts";

/** What became of a delivery: `redriven` once its event was put on its bus anew. */
const deliveryState = z.enum(["delivered", "failing", "failed", "waiting", "redriven"]);
export type DeliveryState = z.infer<typeof deliveryState>;

/** What became of an event: the worst of what its rules' deliveries came to. */
const eventOutcome = z.enum(EVENT_OUTCOMES);
export type EventOutcome = z.infer<typeof eventOutcome>;

/** A page of a list, the newest first. All times are epoch milliseconds. */
export interface ListPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; undefined when there is none. A page that is not full can have a next one. */
  readonly next?: string;
}

/** The answer with a page of rows. */
export function pageAnswer<Row extends z.ZodType>(row: Row) {
  return z.object({ rows: z.array(row).readonly(), next: z.string().exactOptional() });
}

/** How many there are, counted up to a bound. */
export interface BoundedCount {
  readonly count: number;
  /** Whether there may be more than were counted. */
  readonly isMore: boolean;
}

const ruleTarget = z.object({ bus: z.string(), rule: z.string(), target: z.string() });

/** An event as its record has it. */
const eventFacts = z.object({
  id: z.string(),
  atMs: z.number(),
  bus: z.string(),
  source: z.string(),
  type: z.string(),
  bytes: z.number(),
  router: z.string(),
  principal: z.string().exactOptional(),
  traceparent: z.string().exactOptional(),
  /** At most 100 are listed. */
  rules: z.array(z.object({ bus: z.string(), rule: z.string() })).readonly(),
  ruleCount: z.number(),
  publishedCount: z.number(),
  letterCount: z.number(),
});
export type EventFacts = z.infer<typeof eventFacts>;

export const eventListed = eventFacts.extend({ outcome: eventOutcome });
export type EventListed = z.infer<typeof eventListed>;

/** The delivery whose success or failure record an event or a delivery is. */
const recordParent = z.object({ deliveryId: z.string(), condition: z.string(), atMs: z.number() });
export type RecordParent = z.infer<typeof recordParent>;

const attemptWay = z.object({
  atMs: z.number(),
  router: z.string(),
  /** 1-based. */
  attempt: z.number(),
  /** When the event was accepted or last redriven. */
  firstAtMs: z.number(),
  startedAtMs: z.number(),
  /** To the microsecond. */
  callMs: z.number(),
  invoked: z.boolean(),
  verdict: z.string(),
  nextAtMs: z.number().exactOptional(),
  /** Of the target's answer, whether it was a good one or not. */
  statusCode: z.number().exactOptional(),
  failure: z.object({ reason: z.string(), message: z.string() }).exactOptional(),
  /** What the target answered, where it was kept. */
  answer: z.string().exactOptional(),
  /** Set where a person tested the function. */
  test: z.boolean().exactOptional(),
  /** Set where a caller waited for the answer: there was no delivery. */
  synchronous: z.boolean().exactOptional(),
  /** The version of the function that was called; left out for `$LATEST`. */
  version: z.string().exactOptional(),
});
export type AttemptWay = z.infer<typeof attemptWay>;

const letterWay = z.object({
  atMs: z.number(),
  router: z.string(),
  queue: z.string(),
  reason: z.string(),
  /** What made it a dead letter. */
  cause: z.enum(["put", "attempt", "redrive", "broker"]),
});
export type LetterWay = z.infer<typeof letterWay>;

const redriveWay = z.object({
  atMs: z.number(),
  router: z.string(),
  /** The queue it was in. */
  queue: z.string(),
  to: z.string(),
  /** The job that did it. */
  jobId: z.string().exactOptional(),
});
export type RedriveWay = z.infer<typeof redriveWay>;

const recordWay = z.object({
  atMs: z.number(),
  condition: z.string(),
  to: z.string(),
  /** A delivery's, or an event's where it went to a bus. */
  id: z.string(),
});
export type RecordWay = z.infer<typeof recordWay>;

const parkedWay = z.object({ atMs: z.number(), router: z.string(), queue: z.string(), reason: z.string() });
export type ParkedWay = z.infer<typeof parkedWay>;

/** A delivery's way. Every list has the oldest first. */
const deliveryWay = z.object({
  id: z.string(),
  eventId: z.string().exactOptional(),
  origin: ruleTarget.exactOptional(),
  /** `function/NAME`, `api-destination/NAME` or `queue/NAME`; undefined where no record said it. */
  destination: z.string().exactOptional(),
  state: deliveryState,
  parent: recordParent.exactOptional(),
  attempts: z.array(attemptWay).readonly(),
  letters: z.array(letterWay).readonly(),
  redrives: z.array(redriveWay).readonly(),
  records: z.array(recordWay).readonly(),
  parked: z.array(parkedWay).readonly(),
  suspected: z.array(z.object({ atMs: z.number(), router: z.string() })).readonly(),
  /** The event of an attempt that failed, where it was kept. */
  body: z.string().exactOptional(),
});
export type DeliveryWay = z.infer<typeof deliveryWay>;

/** The configuration that an event's router had in force when the event was accepted. */
const eventConfiguration = z.object({ digest: z.string(), sinceMs: z.number() });
export type EventConfiguration = z.infer<typeof eventConfiguration>;

/** An event's way: all that the index knows of it. */
export const eventWay = z.object({
  id: z.string(),
  /** Undefined while its record is not known: not indexed yet, sampled away, or no longer kept. */
  event: eventFacts.exactOptional(),
  /** Undefined where nothing says which one it was. */
  configuration: eventConfiguration.exactOptional(),
  outcome: eventOutcome.exactOptional(),
  /** Its JSON after redaction, where it was kept. */
  body: z.string().exactOptional(),
  parent: recordParent.exactOptional(),
  /** Those of its rules and of the records that followed from it. */
  deliveries: z.array(deliveryWay).readonly(),
});
export type EventWay = z.infer<typeof eventWay>;

/** A delivery that was asked for, with the way of its event where one is known. */
export const deliveryAnswer = z.object({ delivery: deliveryWay, event: eventWay.exactOptional() });
export type DeliveryAnswer = z.infer<typeof deliveryAnswer>;

/** Of which delivery a listed row is. */
const ofDelivery = {
  deliveryId: z.string(),
  eventId: z.string().exactOptional(),
  origin: ruleTarget.exactOptional(),
  destination: z.string().exactOptional(),
};

export const attemptListed = attemptWay.omit({ answer: true }).extend(ofDelivery);
export type AttemptListed = z.infer<typeof attemptListed>;

export const letterListed = letterWay.extend({
  ...ofDelivery,
  /** When the delivery was redriven since, the last time. */
  redrivenAtMs: z.number().exactOptional(),
});
export type LetterListed = z.infer<typeof letterListed>;

/** Dead letters that are alike. */
const letterGroup = z.object({
  queue: z.string(),
  destination: z.string().exactOptional(),
  reason: z.string(),
  count: z.number(),
  oldestAtMs: z.number(),
  newestAtMs: z.number(),
});
export type LetterGroup = z.infer<typeof letterGroup>;

export const letterGroups = z.object({
  groups: z.array(letterGroup).readonly(),
  /** Whether there are older letters that were not looked at. */
  isMore: z.boolean(),
});
export type LetterGroups = z.infer<typeof letterGroups>;

const summaryStep = z.object({
  atMs: z.number(),
  accepted: z.number(),
  unmatched: z.number(),
  /** Attempts that ended well. */
  delivered: z.number(),
  /** Attempts that failed. */
  failed: z.number(),
  letters: z.number(),
});
export type SummaryStep = z.infer<typeof summaryStep>;

export const summary = z.object({
  /** What was asked for, rounded up to what is kept. */
  stepMs: z.number(),
  /** The oldest first, those with nothing included. */
  steps: z.array(summaryStep).readonly(),
});
export type Summary = z.infer<typeof summary>;

/** Which part of what happened the index knows. */
export const coverage = z.object({
  /** Of the events that are kept; undefined without any. */
  oldestAtMs: z.number().exactOptional(),
  newestAtMs: z.number().exactOptional(),
  bytes: z.number(),
  segments: z.number(),
  /** Of the last frame that was indexed. */
  position: z.number().exactOptional(),
  /** How old the newest frame was when it was indexed, by this machine's clock; undefined before the first. */
  behindMs: z.number().exactOptional(),
  /** When the journal last said that frames were deleted before they were read. */
  lostAtMs: z.number().exactOptional(),
  /** Frames of another version, or damaged. */
  unreadableFrames: z.number(),
  /** The routers that record one in so many of the events that succeed. */
  sampling: z.array(z.object({ router: z.string(), oneIn: z.number(), sinceMs: z.number() })).readonly(),
});
export type Coverage = z.infer<typeof coverage>;
