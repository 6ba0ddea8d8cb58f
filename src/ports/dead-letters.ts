import type { Received } from "../domain/queue/message.ts";
import type { DeadLetter, DeadLetterFilter } from "../domain/failure/dead-letter-reading.ts";
import type { RedriveTo } from "../domain/failure/redrive-to.ts";

/** Why a dead letter cannot be redriven, and stays where it is. A closed set. */
export const UNREDRIVABLE_REASONS = {
  unreadable: "the message is no delivery that could be read",
  no_target: "it never had a target, or does not say which",
  target_gone: "its target is not in the configuration",
  unmatched: "no rule of its bus matches it",
} as const;

export type UnredrivableReason = keyof typeof UNREDRIVABLE_REASONS;

export interface Unredrivable {
  readonly id: string;
  readonly reason: UnredrivableReason;
  readonly message: string;
}

/** How many stay, by reason. A reason that none has is left out. */
export type UnredrivableCounts = Readonly<Partial<Record<UnredrivableReason, number>>>;

/** Why a pass through a queue ended. */
export type PassEnd =
  /** Every message that was there at the start was read. */
  | "finished"
  /** As many as the caller wanted are done. */
  | "limit"
  /** Its time is up. */
  | "time"
  /** The broker failed, the caller ended the run, or the router stopped. */
  | "failed";

interface Pass {
  /** How many messages were read. */
  readonly looked: number;
  readonly end: PassEnd;
  /** What went wrong, where the end is `failed`. */
  readonly problem?: string;
}

export interface Listed extends Pass {
  readonly deadLetters: readonly DeadLetter[];
}

export interface Shown extends Pass {
  /** The first message with the id; undefined when none was found. */
  readonly message: Received | undefined;
}

/** How many are selected, by their error codes, and which of those could not be redriven. */
export interface Counted extends Pass {
  readonly selected: number;
  readonly errorCodes: Readonly<Record<string, number>>;
  readonly unredrivable: UnredrivableCounts;
}

/** What a redrive has done so far. */
export interface RedriveProgress {
  readonly looked: number;
  readonly redriven: number;
  readonly unredrivable: UnredrivableCounts;
}

export interface Redriven extends Pass, RedriveProgress {
  /** The first of those that cannot be redriven. */
  readonly examples: readonly Unredrivable[];
  /** The start by the router's clock, epoch milliseconds. */
  readonly startedAtMs: number;
}

/** What a purge has done so far. */
export interface PurgeProgress {
  readonly looked: number;
  readonly purged: number;
}

export interface Purged extends Pass, PurgeProgress {}

export interface RedriveOptions {
  readonly to: RedriveTo;
  /** How many at most. Undefined for all that are selected. */
  readonly limit?: number | undefined;
  /** Undefined for as fast as they go. */
  readonly ratePerSecond?: number | undefined;
}

/** How a caller follows a run, and ends it. */
export interface RunControl<Progress> {
  /** Ends the run: no further message is moved or deleted. */
  readonly signal: AbortSignal;
  /** Called after each step. */
  readonly reached: (progress: Progress) => void;
}

/**
 * The dead letters and parked messages of a queue. What is not selected stays as it was. Reading takes 20 seconds at most.
 * A redrive or a purge goes on until it has dealt with every message that was there at its start, or has removed nothing
 * for 20 minutes.
 */
export interface DeadLetters {
  list(queue: string, filter: DeadLetterFilter, limit: number): Promise<Listed>;
  show(queue: string, id: string): Promise<Shown>;
  count(queue: string, filter: DeadLetterFilter, to: RedriveTo): Promise<Counted>;
  redrive(
    queue: string,
    filter: DeadLetterFilter,
    options: RedriveOptions,
    control: RunControl<RedriveProgress>,
  ): Promise<Redriven>;
  purge(queue: string, filter: DeadLetterFilter, control: RunControl<PurgeProgress>): Promise<Purged>;
  /** Ends all runs. Resolves when they have given back what they held. */
  stop(): Promise<void>;
}
