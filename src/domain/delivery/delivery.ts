import type { DestinationRef } from "../target/target.ts";

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
  /** Undefined for a function's record on its way to another function: that body is given as it is. */
  readonly origin?: RuleTarget;
  /** The event's JSON as accepted, in UTF-8; a record when there is no origin. Nobody changes these bytes. */
  readonly body: Buffer;
  /**
   * Set when the body is the function's payload, and not the event to render it from: a redriven dead letter of Lambda's
   * form. The event is there unless it was too long to be kept.
   */
  readonly rendered?: { readonly eventJson?: string };
  /** 1-based: the number of the attempt to be made. Only attempts that reached a verdict are counted. */
  readonly attempt: number;
  /** How many retries were counted against `maximumRetryAttempts` so far. */
  readonly countedRetries: number;
  /** When the event was accepted or last redriven, epoch milliseconds: ages count from here. */
  readonly firstAtMs: number;
  /** How often it was redriven; undefined when never. */
  readonly redriven?: number;
  /** When the event of a redriven delivery was accepted, epoch milliseconds. */
  readonly acceptedAtMs?: number;
  /** How many buses and functions the event has crossed. */
  readonly hops: number;
  /** How many deliveries may follow from it; undefined for as many as one accepted event may cause. */
  readonly budget?: number;
  readonly traceparent?: string;
  /** Since when routers have not known its rule or target, epoch milliseconds. */
  readonly goneSinceMs?: number;
  /** How often it was set aside because a router died holding it. */
  readonly suspicions: number;
}
