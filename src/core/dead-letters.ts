import type { Received } from "./broker.ts";
import type { DeadLetter, DeadLetterFilter } from "./dead-letter-reading.ts";

/** Where dead letters are redriven to: the target each was meant for, or anew to the rules of the bus it was on. */
export const REDRIVE_TO = ["target", "bus"] as const;

export type RedriveTo = (typeof REDRIVE_TO)[number];

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

/** Why a look through a queue ended. */
export type PassEnd =
  /** Everything that was there at the start was looked at. */
  | "finished"
  /** As many as were asked for are done. */
  | "limit"
  /** Its time is up. */
  | "time"
  /** It holds as many messages as it may that are not meant, or stay. */
  | "held"
  /** The broker failed, or the caller has gone. */
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

/** How many are meant, by their error codes, and which of those could not be redriven. */
export interface Counted extends Pass {
  readonly selected: number;
  readonly errorCodes: Readonly<Record<string, number>>;
  readonly unredrivable: UnredrivableCounts;
}

export interface Redriven extends Pass {
  readonly redriven: number;
  readonly unredrivable: UnredrivableCounts;
  /** The first of those. */
  readonly examples: readonly Unredrivable[];
  /** When it began by the router's clock, epoch milliseconds. */
  readonly startedAtMs: number;
}

export interface Purged extends Pass {
  readonly purged: number;
}

export interface RedriveOptions {
  readonly to: RedriveTo;
  readonly limit: number;
  readonly ratePerSecond?: number;
}

/**
 * The dead letters and parked messages of a queue. Each call is one bounded look through it, and leaves what is not
 * meant as it was; a call that ended before it was finished is made again.
 */
export interface DeadLetters {
  list(queue: string, filter: DeadLetterFilter, limit: number): Promise<Listed>;
  /** The first with this id, whole; undefined when none was met. */
  show(queue: string, id: string): Promise<Received | undefined>;
  count(queue: string, filter: DeadLetterFilter, to: RedriveTo): Promise<Counted>;
  redrive(queue: string, filter: DeadLetterFilter, options: RedriveOptions, signal: AbortSignal): Promise<Redriven>;
  purge(queue: string, filter: DeadLetterFilter, signal: AbortSignal): Promise<Purged>;
}
