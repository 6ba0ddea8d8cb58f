import type { RuleTarget } from "../domain/delivery/delivery.ts";
import type { RecordOf } from "../domain/journal/records.ts";

/** What became of a delivery: `redriven` once its event was put on its bus anew. */
export type DeliveryState = "delivered" | "failing" | "failed" | "waiting" | "redriven";

/** What became of an event: the worst of what its rules' deliveries came to. */
export type EventOutcome = "delivered" | "failing" | "failed" | "unmatched" | "waiting";

/** A page of a list, the newest first. All times are epoch milliseconds. */
export interface ListPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; undefined when there is none. A page that is not full can have a next one. */
  readonly next?: string;
}

/** How many there are, counted up to a bound. */
export interface BoundedCount {
  readonly count: number;
  /** Whether there may be more than were counted. */
  readonly isMore: boolean;
}

/** An event as its record has it. */
export interface EventFacts {
  readonly id: string;
  readonly atMs: number;
  readonly bus: string;
  readonly source: string;
  readonly type: string;
  readonly bytes: number;
  readonly router: string;
  readonly principal?: string;
  readonly traceparent?: string;
  /** At most 100 are listed. */
  readonly rules: readonly { readonly bus: string; readonly rule: string }[];
  readonly ruleCount: number;
  readonly publishedCount: number;
  readonly letterCount: number;
}

export interface EventListed extends EventFacts {
  readonly outcome: EventOutcome;
}

/** The delivery whose success or failure record an event or a delivery is. */
export interface RecordParent {
  readonly deliveryId: string;
  readonly condition: string;
  readonly atMs: number;
}

/** An event's way: all that the index knows of it. */
export interface EventWay {
  readonly id: string;
  /** Undefined while its record is not known: not indexed yet, sampled away, or no longer kept. */
  readonly event?: EventFacts;
  readonly outcome?: EventOutcome;
  /** Its JSON after redaction, where it was kept. */
  readonly body?: string;
  readonly parent?: RecordParent;
  /** Those of its rules and of the records that followed from it. */
  readonly deliveries: readonly DeliveryWay[];
}

/** A delivery's way. Every list has the oldest first. */
export interface DeliveryWay {
  readonly id: string;
  readonly eventId?: string;
  readonly origin?: RuleTarget;
  /** `function/NAME`, `api-destination/NAME` or `queue/NAME`; undefined where no record said it. */
  readonly destination?: string;
  readonly state: DeliveryState;
  readonly parent?: RecordParent;
  readonly attempts: readonly AttemptWay[];
  readonly letters: readonly LetterWay[];
  readonly redrives: readonly RedriveWay[];
  readonly records: readonly RecordWay[];
  readonly parked: readonly ParkedWay[];
  readonly suspected: readonly { readonly atMs: number; readonly router: string }[];
  /** The event of an attempt that failed, where it was kept. */
  readonly body?: string;
}

/** A delivery that was asked for, with the way of its event where one is known. */
export interface DeliveryAnswer {
  readonly delivery: DeliveryWay;
  readonly event?: EventWay;
}

export interface AttemptWay {
  readonly atMs: number;
  readonly router: string;
  /** 1-based. */
  readonly attempt: number;
  /** When the event was accepted or last redriven. */
  readonly firstAtMs: number;
  readonly startedAtMs: number;
  /** To the microsecond. */
  readonly callMs: number;
  readonly invoked: boolean;
  readonly verdict: string;
  readonly nextAtMs?: number;
  /** Of the target's answer, whether it was a good one or not. */
  readonly statusCode?: number;
  readonly failure?: { readonly reason: string; readonly message: string };
  /** What the target answered, where it was kept. */
  readonly answer?: string;
}

export interface LetterWay {
  readonly atMs: number;
  readonly router: string;
  readonly queue: string;
  readonly reason: string;
  /** What made it a dead letter. */
  readonly cause: "put" | "attempt" | "redrive" | "broker";
}

export interface RedriveWay {
  readonly atMs: number;
  readonly router: string;
  /** The queue it was in. */
  readonly queue: string;
  readonly to: string;
}

export interface RecordWay {
  readonly atMs: number;
  readonly condition: string;
  readonly to: string;
  /** A delivery's, or an event's where it went to a bus. */
  readonly id: string;
}

export interface ParkedWay {
  readonly atMs: number;
  readonly router: string;
  readonly queue: string;
  readonly reason: string;
}

export interface AttemptListed extends Omit<AttemptWay, "answer"> {
  readonly deliveryId: string;
  readonly eventId?: string;
  readonly origin?: RuleTarget;
  readonly destination?: string;
}

export interface LetterListed extends LetterWay {
  readonly deliveryId: string;
  readonly eventId?: string;
  readonly origin?: RuleTarget;
  readonly destination?: string;
  /** When the delivery was redriven since, the last time. */
  readonly redrivenAtMs?: number;
}

/** Dead letters that are alike. */
export interface LetterGroup {
  readonly queue: string;
  readonly destination?: string;
  readonly reason: string;
  readonly count: number;
  readonly oldestAtMs: number;
  readonly newestAtMs: number;
}

export interface LetterGroups {
  readonly groups: readonly LetterGroup[];
  /** Whether there are older letters that were not looked at. */
  readonly isMore: boolean;
}

export type HappeningKind = "circuit" | "pause" | "reload" | "audit" | "output" | "purge" | "redrive";

/** A record of what happened beside the ways of events. Of a redrive it has the counts only. */
export type Happening<Kind extends HappeningKind> = Omit<
  RecordOf<Kind>,
  "letters" | "routed" | "redriven" | "routedEventIds"
> & {
  readonly router: string;
};

export interface SummaryStep {
  readonly atMs: number;
  readonly accepted: number;
  readonly unmatched: number;
  /** Attempts that ended well. */
  readonly delivered: number;
  /** Attempts that failed. */
  readonly failed: number;
  readonly letters: number;
}

export interface Summary {
  /** What was asked for, rounded up to what is kept. */
  readonly stepMs: number;
  /** The oldest first, those with nothing included. */
  readonly steps: readonly SummaryStep[];
}

/** Which part of what happened the index knows. */
export interface Coverage {
  /** Of the events that are kept; undefined without any. */
  readonly oldestAtMs?: number;
  readonly newestAtMs?: number;
  readonly bytes: number;
  readonly segments: number;
  /** Of the last frame that was indexed. */
  readonly position?: number;
  /** How old the newest frame was when it was indexed, by this machine's clock; undefined before the first. */
  readonly behindMs?: number;
  /** When the journal last said that frames were deleted before they were read. */
  readonly lostAtMs?: number;
  /** Frames of another version, or damaged. */
  readonly unreadableFrames: number;
  /** The routers that record one in so many of the events that succeed. */
  readonly sampling: readonly { readonly router: string; readonly oneIn: number; readonly sinceMs: number }[];
}
