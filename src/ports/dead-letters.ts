import type { Received } from "../domain/queue/message.ts";
import type { DeadLetter, DeadLetterFilter } from "../domain/failure/dead-letter-reading.ts";
import type { RedriveTo } from "../domain/failure/redrive-to.ts";

/** Why a dead letter cannot be redriven, and stays where it is. A closed set. */
export const UNREDRIVABLE_REASONS = {
  unreadable: "the message is no delivery that could be read",
  no_target: "it was never meant for a target, or does not tell which",
  target_gone: "what it was meant for is not in the configuration",
  unmatched: "no rule of its bus matches it",
} as const;

export type UnredrivableReason = keyof typeof UNREDRIVABLE_REASONS;

export interface Unredrivable {
  readonly id: string;
  readonly reason: UnredrivableReason;
  readonly message: string;
}

/** How many stay, by reason; a reason that none has is left out. */
export type UnredrivableCounts = Readonly<Partial<Record<UnredrivableReason, number>>>;

/** Why a pass through a queue ended. */
export type PassEnd =
  /** Everything that was there at the start was looked at. */
  | "finished"
  /** As many as were asked for are done. */
  | "limit"
  /** Its time is up. */
  | "time"
  /** The broker failed, or the run was ended by its caller or the stop of the router. */
  | "failed";

interface Pass {
  /** How many messages were looked at. */
  readonly looked: number;
  readonly end: PassEnd;
  /** What went wrong, when the end is `failed`. */
  readonly problem?: string;
}

export interface Listed extends Pass {
  readonly deadLetters: readonly DeadLetter[];
}

export interface Shown extends Pass {
  /** The first that has the id, whole; undefined when none was met. */
  readonly message: Received | undefined;
}

/** How many are selected, by their error codes, and which of those could not be redriven. */
export interface Counted extends Pass {
  readonly selected: number;
  readonly errorCodes: Readonly<Record<string, number>>;
  readonly unredrivable: UnredrivableCounts;
}

/** How far a redrive is. */
export interface RedriveProgress {
  readonly looked: number;
  readonly redriven: number;
  readonly unredrivable: UnredrivableCounts;
}

export interface Redriven extends Pass, RedriveProgress {
  /** The first of those that cannot be redriven. */
  readonly examples: readonly Unredrivable[];
  /** When it began by the router's clock, epoch milliseconds. */
  readonly startedAtMs: number;
}

/** How far a purge is. */
export interface PurgeProgress {
  readonly looked: number;
  readonly purged: number;
}

export interface Purged extends Pass, PurgeProgress {}

export interface RedriveOptions {
  readonly to: RedriveTo;
  /** None, for all that are selected. */
  readonly limit?: number;
  readonly ratePerSecond?: number;
}

/** How a caller follows a run, and ends it. */
export interface RunControl<Progress> {
  /** Ends the run: what is not begun is not begun any more. */
  readonly signal: AbortSignal;
  /** Called after each step. */
  readonly reached: (progress: Progress) => void;
}

/**
 * The dead letters and parked messages of a queue. Whatever is not selected is left as it was. Reading takes 20 seconds
 * at most. A run that redrives or purges goes on until everything that was there at its start is dealt with, or
 * until 20 minutes have passed in which it removed nothing.
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
  /** Ends all runs, and resolves when what they held has been given back. */
  stop(): Promise<void>;
}
