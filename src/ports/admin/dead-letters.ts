import type { Received } from "../../domain/queue/message.ts";
import type { DeadLetter, DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import type { RedriveTo } from "../../domain/failure/redrive-to.ts";
import type { Unredrivable, UnredrivableCounts } from "../../domain/failure/unredrivable.ts";

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
  /** Set where the end is `failed` and the queue refuses a browse now and later. */
  readonly isRefused?: true;
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
  /** How many messages it has yet to read. */
  readonly left: number;
  readonly redriven: number;
  readonly unredrivable: UnredrivableCounts;
  /** The first of those that cannot be redriven. */
  readonly examples: readonly Unredrivable[];
  /** The ids of the first that were redriven. */
  readonly firstIds: readonly string[];
}

export interface Redriven extends Pass, RedriveProgress {
  /** The start by the router's clock, epoch milliseconds. */
  readonly startedAtMs: number;
}

/** What a purge has done so far. */
export interface PurgeProgress {
  readonly looked: number;
  readonly left: number;
  readonly purged: number;
}

export interface Purged extends Pass, PurgeProgress {}

export interface RedriveOptions {
  readonly to: RedriveTo;
  /** How many at most. Undefined for all that are selected. */
  readonly limit?: number | undefined;
  /** Undefined for as fast as they go. It is read before each message, and may change. */
  readonly ratePerSecond?: number | undefined;
}

/** How a caller follows a run, and ends it. */
export interface RunControl<Progress> {
  /** The job that the run is a part of. */
  readonly jobId?: string | undefined;
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
