import type { DeadLetterFact, RoutedFact } from "../facts.ts";
import type { PutTarget, RetryPolicy } from "../target/target.ts";
import type { Timing } from "./next-due.ts";

/** Something that is done at certain times. */
export interface Schedule {
  readonly name: string;
  readonly description?: string;
  /** A disabled schedule is never due. */
  readonly state: "ENABLED" | "DISABLED";
  /** The expression as the configuration has it. */
  readonly expression: string;
  readonly timing: Timing;
  /** The length of the flexible time window; none when it is off. */
  readonly windowMinutes?: number;
  readonly target: ScheduleTarget;
  /** Made over the API and kept in the store: no configuration has it. */
  readonly isKept?: true;
}

/** What a schedule calls or fills when it is due. */
export interface ScheduleTarget {
  /** `other` only where the schedule is kept: each time becomes a dead letter. */
  readonly to: PutTarget;
  /**
   * JSON text, with Scheduler's placeholders in it. What an event bus gets as the event's detail, and any other target as
   * it is; undefined for a "Scheduled Event".
   */
  readonly inputJson?: string;
  /** Set on event buses only. */
  readonly event?: { readonly source: string; readonly detailType: string };
  /** Set on queues only: which of their messages belong together. A FIFO queue needs it. */
  readonly messageGroupId?: string;
  /** `bus/name` of the rule whose schedule it is: its targets get the event, and no other rule does. */
  readonly rule?: string;
  /** Not for event buses. */
  readonly retryPolicy?: RetryPolicy;
  /** The name of the queue for what failed for good. */
  readonly deadLetterQueue?: string;
}

/** One time at which a schedule is due, in epoch milliseconds. */
export interface ScheduleDue {
  readonly schedule: Schedule;
  readonly dueMs: number;
  /** When it was to fire, where that is later: in a flexible time window. */
  readonly fireAtMs?: number;
}

/** A schedule was fired: everything that comes of it is stored. */
export interface ScheduleFiredFact {
  readonly schedule: string;
  readonly to: PutTarget;
  readonly dueMs: number;
  /** When it was to fire, where that is later. */
  readonly fireAtMs?: number;
  /** When it was stored. */
  readonly firedAtMs: number;
  /** The message stored for its target. None on an event bus, whose rules have made theirs. */
  readonly deliveryId?: string;
  /** What its event met on an event bus. */
  readonly routed: readonly RoutedFact[];
  readonly deadLetters: readonly DeadLetterFact[];
}

/** What a schedule sent is a dead letter, after it was fired. */
export interface ScheduleLetterFact extends DeadLetterFact {
  readonly schedule: string;
}

/** Due times that passed while no router could fire them, and that are not made up for. */
export interface ScheduleMissedFact {
  readonly schedule: string;
  /** Up to `MISSED_COUNT_MAX`. */
  readonly count: number;
  /** The first of them. */
  readonly firstDueMs: number;
}
