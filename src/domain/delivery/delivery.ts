import type { DestinationRef, RetryPolicy } from "../target/target.ts";

/** The rule and target that made a delivery. */
export interface RuleTarget {
  readonly bus: string;
  readonly rule: string;
  readonly target: string;
}

/**
 * How many deliveries one accepted event may cause in all: its own, and those of the records that follow. Each delivery
 * carries its share of the rest.
 */
export const CONSEQUENCES_MAX = 10_000;

/** One event on its way to one called target. */
export interface Delivery {
  /** The same on every attempt; a caller never chooses it. It is also the function's request id. */
  readonly id: string;
  /** The id of its event, as the put answered it. Undefined where a message does not have it. */
  readonly eventId?: string;
  readonly destination: DestinationRef;
  /** Undefined for a schedule, and for a function's record on its way to another function: that body is given as it is. */
  readonly origin?: RuleTarget;
  /** Set where a schedule made it, and no event. */
  readonly schedule?: ScheduleMark;
  /** The event's JSON as accepted, in UTF-8; a record when there is no origin, and a schedule's input. Nobody changes these bytes. */
  readonly body: Buffer;
  /**
   * Set when the body is the payload, and not the event to render it from: of a schedule, and of a redriven dead letter of
   * Lambda's form. The event is there unless it was too long to be kept.
   */
  readonly rendered?: { readonly eventJson?: string };
  /** 1-based: the number of the attempt to be made. Only attempts that reached a verdict are counted. */
  readonly attempt: number;
  /** How many retries were counted against `maximumRetryAttempts` so far. */
  readonly countedRetries: number;
  /** When the event was accepted or last redriven, and its target's delay was over, epoch milliseconds: ages count from here. */
  readonly firstAtMs: number;
  /** How often it was redriven; undefined when never. */
  readonly redriven?: number;
  /** When the event of a redriven or delayed delivery was accepted, epoch milliseconds. Any other was at `firstAtMs`. */
  readonly acceptedAtMs?: number;
  /** How many buses and functions the event has crossed. */
  readonly hops: number;
  /** How many deliveries may follow from it; undefined for as many as one accepted event may cause. */
  readonly budget?: number;
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** The span of the attempt before, as a `traceparent`, where attempts have spans. */
  readonly formerAttempt?: string;
  /** Since when routers have not known its rule or target, epoch milliseconds. */
  readonly goneSinceMs?: number;
  /** How often it was set aside because a router died holding it. */
  readonly suspicions: number;
  /** Set on a test: the function is called once at most, and nothing follows from it but its result. */
  readonly test?: TestMark;
}

/** The schedule that made a message. */
export interface ScheduleMark {
  readonly name: string;
  /** When it was due, epoch milliseconds. */
  readonly dueMs: number;
  /** What a schedule of the API says of failures. Those of files are looked up in the configuration. */
  readonly kept?: KeptPolicy;
}

export interface KeptPolicy {
  readonly retryPolicy?: RetryPolicy;
  readonly deadLetterQueue?: string;
}

/** What makes a delivery a test. */
export interface TestMark {
  /** The address of the router that waits for the result. */
  readonly from: string;
  /** The function is not called after this time, epoch milliseconds: nobody waits any more. */
  readonly untilMs: number;
}
