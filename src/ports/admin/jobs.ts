import type { Job, JobChange, JobOrder, JobProgress, RuleHold } from "../../domain/job/job.ts";
import type { PassEnd } from "./dead-letters.ts";

/** Why a job was not started. */
export type JobRefusal =
  | { readonly ok: false; readonly reason: "too many" }
  /** Another job is at the queue, or a replay has had the name. */
  | { readonly ok: false; readonly reason: "busy"; readonly job: Job };

export type JobStart = { readonly ok: true; readonly job: Job } | JobRefusal;

export interface JobRequest {
  readonly ratePerSecond?: number | undefined;
  /** Who asks. */
  readonly by?: string | undefined;
  /** Of a catch-up, how long its rule waits at first. */
  readonly hold?: RuleHold | undefined;
}

/** The jobs of all routers, for operators. Any router answers for any job. */
export interface JobControl {
  /** Those that have not ended, and those that ended lately; the newest first. */
  list(): readonly Job[];
  find(id: string): Job | undefined;
  /** Resolves when the job is durable: it is carried on from then on. Rejects with `PublishError`. */
  start(order: JobOrder, request: JobRequest): Promise<JobStart>;
  /**
   * Resolves when the change is durable; undefined for a job that is not known. A job that has ended is answered as it is.
   * Rejects with `PublishError`.
   */
  change(id: string, change: JobChange, by: string | undefined): Promise<Job | undefined>;
}

/** Which rules have had their past, or get it now. */
export interface CatchUpControl extends Pick<JobControl, "start"> {
  /**
   * Until when the rule of a catch-up waits, in epoch milliseconds; 0 once it waits no more, and as long as this router has yet to
   * read which catch-ups there are. Undefined for one that no router has ever begun.
   */
  heldUntilMs(catchUp: string): number | undefined;
}

/** How the work of a job is controlled while it goes on. */
export interface WorkControl {
  readonly jobId: string;
  /** What the pieces of work before this one have done. */
  readonly before: JobProgress;
  /** Ends the work: no further message is moved or deleted. */
  readonly signal: AbortSignal;
  /** How many a second at most, now; undefined for as fast as they go. */
  readonly ratePerSecond: () => number | undefined;
  /** Called after each step with what this piece of work has done so far, and what keeps it from going on. */
  readonly reached: (progress: JobProgress, problem?: string) => void;
  /** Of a catch-up. */
  readonly hold: () => RuleHold | undefined;
  /** Has its rule wait longer. Resolves when that is durable; rejects with PublishError. */
  readonly extendHold: (hold: RuleHold) => Promise<void>;
}

/** Why a piece of work ended, with what it did in all. */
export interface WorkEnd {
  readonly progress: JobProgress;
  /** `complete`: nothing that somebody else holds now is still to be done. */
  readonly end: PassEnd | "complete";
  readonly problem?: string;
  /** Whether it can be done neither now nor later. */
  readonly isRefused?: boolean;
}

/** Does what a job is about, until it is done or cannot go on. Never rejects. */
export type DoWork<Order = JobOrder> = (order: Order, control: WorkControl) => Promise<WorkEnd>;
