import type { DeadLetterFilter } from "../failure/dead-letter-reading.ts";
import type { RedriveTo } from "../failure/redrive-to.ts";
import type { LeftOut, ReplayOrder, ReplayPlace } from "../replay/replay.ts";

export const JOB_KINDS = ["redrive", "purge", "move", "replay"] as const;

export type JobKind = (typeof JOB_KINDS)[number];

/** Redrives, purges and moves that have not ended, over all routers. Each that runs has a connection to RabbitMQ. */
export const UNFINISHED_QUEUE_JOBS_MAX = 8;

/** How a job can end. */
export const JOB_END_STATES = [
  /** Everything that was selected is done, or as many as the limit said. */
  "done",
  /** Somebody stopped it. */
  "stopped",
  /** It cannot go on; its `problem` says why. */
  "failed",
] as const;

export type JobEndState = (typeof JOB_END_STATES)[number];

/** What state a job is in. One that is `stopping` ends as soon as its router has given back what it holds. */
export const JOB_STATES = ["running", "paused", "stopping", ...JOB_END_STATES] as const;

export type JobState = (typeof JOB_STATES)[number];

export type UnfinishedJobState = Exclude<JobState, JobEndState>;

/** What is to be done with the selected dead letters of one queue. */
export type LetterOrder = {
  readonly queue: string;
  readonly filter: DeadLetterFilter;
} & (
  | {
      readonly kind: "redrive";
      readonly to: RedriveTo;
      /** How many at most. Undefined for all that are selected. */
      readonly limit?: number | undefined;
    }
  | { readonly kind: "purge" }
);

/** All messages of a queue are to be moved: an SQS message move task. */
export interface MoveOrder {
  readonly kind: "move";
  readonly queue: string;
  /** The queue that they go to. Undefined: each goes to the queue that it came from. */
  readonly destination?: string | undefined;
  /** What was sent or moved since then stays, by epoch milliseconds of its sender. */
  readonly notSentSinceMs?: number | undefined;
}

/** What is to be done with messages of one queue. */
export type QueueOrder = LetterOrder | MoveOrder;

/** What a job is to do. */
export type JobOrder = QueueOrder | ReplayOrder;

/** What a job is about, in logs and lists: its queue, or `replay/NAME`. */
export function subjectOf(order: JobOrder): string {
  return order.kind === "replay" ? `replay/${order.name}` : order.queue;
}

/** How far a job is. */
export interface JobProgress {
  /**
   * How many messages were read. A browse that begins anew reads again what was left. Of a replay, how many events were read
   * of the archive, in all passes.
   */
  readonly looked: number;
  /**
   * How many messages of the queue are yet to be read, as far as is known. Of a move or a replay, how many have yet to go; of a catch-up, about
   * how many events of the archive are yet to be read.
   */
  readonly left: number;
  /** How many were redriven, purged, moved or replayed. */
  readonly removed: number;
  /**
   * How many of those that were read stay, by reason. A router of a later version may know further reasons. Of a replay, those
   * that cannot be put on the bus.
   */
  readonly unredrivable: Readonly<Record<string, number>>;
  /** The first of those that stay. */
  readonly examples: readonly { readonly id: string; readonly reason: string; readonly message: string }[];
  /** The ids of the first that were removed: their way can be followed. Of a replay, the ids of events; of a move none. */
  readonly firstIds: readonly string[];
  /** Of a replay of what is not delivered. */
  readonly leftOut?: LeftOut | undefined;
  /** Of a replay whose events are counted. */
  readonly place?: ReplayPlace | undefined;
}

/** Of job ids that are listed in its progress: examples, and the first that were removed. */
export const JOB_EXAMPLES_MAX = 20;

export const NO_PROGRESS: JobProgress = {
  looked: 0,
  left: 0,
  removed: 0,
  unredrivable: {},
  examples: [],
  firstIds: [],
};

/** Which router runs a job. A job's owners are numbered: what a former owner still says does not count. */
export interface JobOwner {
  readonly epoch: number;
  /** The router's id, which is new each time its process starts; undefined after it gave the job back in good order. */
  readonly id?: string | undefined;
  /** What the router is called in log and journal. */
  readonly router?: string | undefined;
}

/** How long the rule of a catch-up waits. */
export interface RuleHold {
  /**
   * What is accepted before, by epoch milliseconds of the router that takes it, comes to the rule from the archive; what is accepted
   * then or later comes to it directly.
   */
  readonly untilMs: number;
  /** It never gets longer. */
  readonly isFinal?: true | undefined;
}

/** Long work that any router may carry on. */
export interface Job {
  readonly id: string;
  readonly order: JobOrder;
  readonly state: JobState;
  /** How many a second at most; undefined for as fast as they go. */
  readonly ratePerSecond?: number | undefined;
  /** Epoch milliseconds, by the clock of the router that was asked. */
  readonly startedAtMs: number;
  readonly startedBy?: string | undefined;
  /** Who changed it last: its rate, or its state. */
  readonly changedBy?: string | undefined;
  readonly endedAtMs?: number | undefined;
  /** Why it failed, or what keeps it from going on now. */
  readonly problem?: string | undefined;
  readonly owner: JobOwner;
  /** Of a catch-up. */
  readonly hold?: RuleHold | undefined;
  readonly progress: JobProgress;
}

/** What somebody changes of a job. `null` takes the rate away. */
export interface JobChange {
  readonly ratePerSecond?: number | null | undefined;
  readonly state?: UnfinishedJobState | undefined;
}

export function isUnfinished(job: Pick<Job, "state">): boolean {
  return !(JOB_END_STATES as readonly JobState[]).includes(job.state);
}

/** What happened to a job, as one router brought it about. */
export interface JobFact {
  readonly what: "started" | "changed" | "taken over" | "ended";
  readonly job: Job;
}
