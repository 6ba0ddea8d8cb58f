import { doublingMs } from "../../async/doubling.ts";
import type { Job, JobEndState, JobOrder, JobProgress } from "../../domain/job/job.ts";
import { JOB_EXAMPLES_MAX } from "../../domain/job/job.ts";
import type { DoWork, WorkControl, WorkEnd } from "../../ports/admin/jobs.ts";

/** How long to wait after a failure, in milliseconds. */
const RETRY_MS_FIRST = 1_000;
const RETRY_MS_MAX = 30_000;

export interface JobRunOptions {
  readonly work: DoWork;
  readonly steadyMs: () => number;
  /** Rejects with the signal's reason when that fires first. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long after the end of a connection the broker may still hold what was handed out over it. */
  readonly heldBackMs: number;
}

export interface JobRunControl extends Pick<WorkControl, "hold" | "extendHold"> {
  /** Interrupts the job: it is paused, stopped, or another router has it. */
  readonly signal: AbortSignal;
  readonly ratePerSecond: () => number | undefined;
  /** How far the job is, and what keeps it from going on. */
  readonly reached: (progress: JobProgress, problem: string | undefined) => void;
}

export interface JobEnd {
  readonly state: Exclude<JobEndState, "stopped">;
  readonly problem?: string;
}

/** What has been done of a job before a router runs it. */
export interface JobPast {
  /** Whether it was begun: what has come to the queue since then is not its business. */
  readonly isBegun: boolean;
  /** When everything is back that a former owner held; by the steady clock. */
  readonly allBackAtMs: number;
}

/** A job that this router runs. */
export interface RunningJob {
  readonly epoch: number;
  readonly interrupt: AbortController;
  /** Resolves when it holds nothing any more. */
  readonly ended: Promise<void>;
}

/**
 * Carries a job on until its end, as one router. Each piece of work is a way through the queue from its head. A piece
 * that failed is followed by another one, however long the broker is away. After a connection was lost, the broker may
 * hold back for a while what was in somebody's hands: a job is not done before a way that began later has come to its end.
 */
export class JobRun {
  readonly #job: Job;
  readonly #options: JobRunOptions;
  readonly #control: JobRunControl;
  /** What the pieces of work before this one have done. */
  #before: JobProgress;
  /** From when on a way through the queue meets everything; by the steady clock. */
  #allBackAtMs: number;
  #isBegun: boolean;
  #failures = 0;

  constructor(job: Job, { isBegun, allBackAtMs }: JobPast, control: JobRunControl, options: JobRunOptions) {
    this.#job = job;
    this.#isBegun = isBegun;
    this.#allBackAtMs = allBackAtMs;
    this.#control = control;
    this.#options = options;
    this.#before = job.progress;
  }

  /** @returns undefined when the job was interrupted, and all is given back that was held. */
  async run(): Promise<JobEnd | undefined> {
    const { signal } = this.#control;
    const { steadyMs } = this.#options;
    try {
      for (;;) {
        signal.throwIfAborted();
        const beganMs = steadyMs();
        const worked = await this.#work();
        if (signal.aborted) return undefined;
        const end = this.#endOf(worked, beganMs);
        if (end !== undefined) return end;
        await this.#sleepUntil(worked.end === "failed" ? steadyMs() + this.#retryMs() : this.#allBackAtMs);
      }
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async #work(): Promise<WorkEnd> {
    const { signal, ratePerSecond, reached, hold, extendHold } = this.#control;
    const worked = await this.#options.work(this.#rest(), {
      jobId: this.#job.id,
      before: this.#before,
      signal,
      ratePerSecond,
      reached: (progress, problem) => reached(added(this.#before, progress), problem),
      hold,
      extendHold,
    });
    this.#isBegun = true;
    const { removed } = worked.progress;
    if (removed > 0) this.#failures = 0;
    const whole = added(this.#before, worked.progress);
    // A queue in which nothing was there has nothing left.
    this.#before = worked.end === "finished" ? { ...whole, left: worked.progress.left } : whole;
    reached(this.#before, worked.end === "failed" && !signal.aborted ? worked.problem : undefined);
    return worked;
  }

  #endOf({ end, isRefused, problem, progress: { looked } }: WorkEnd, beganMs: number): JobEnd | undefined {
    switch (end) {
      case "complete":
      case "limit":
        return { state: "done" };
      case "finished":
        return beganMs >= this.#allBackAtMs ? { state: "done" } : undefined;
      case "time":
        return { state: "failed", problem: `in 20 minutes ${looked} messages were read and none was removed` };
      case "failed":
        return isRefused === true ? { state: "failed", ...(problem === undefined ? {} : { problem }) } : undefined;
    }
  }

  /** A timer may fire early, and a way through the queue that begins too early does not count. */
  async #sleepUntil(atMs: number): Promise<void> {
    const { sleep, steadyMs } = this.#options;
    for (let ms = atMs - steadyMs(); ms > 0; ms = atMs - steadyMs()) await sleep(Math.ceil(ms), this.#control.signal);
  }

  #retryMs(): number {
    this.#failures += 1;
    this.#allBackAtMs = this.#options.steadyMs() + this.#options.heldBackMs;
    return doublingMs(this.#failures, RETRY_MS_FIRST, RETRY_MS_MAX);
  }

  /** The order for what is left. What failed again since the job began is not redriven by it a second time. */
  #rest(): JobOrder {
    const { order, startedAtMs } = this.#job;
    if (order.kind === "replay") return order;
    if (order.kind === "move") return this.#isBegun ? { ...order, notSentSinceMs: startedAtMs } : order;
    const { removed } = this.#before;
    // The first way meets only what was there when it began; a later one would meet what has come since. How many were
    // looked at does not tell which one it is: an owner may die before any other router hears of it.
    const filter = { ...order.filter, ...(this.#isBegun ? { notNewerThanMs: startedAtMs } : {}) };
    if (order.kind === "purge") return { ...order, filter };
    const { limit } = order;
    const { notRedrivenSinceMs = startedAtMs } = filter;
    return {
      ...order,
      filter: { ...filter, notRedrivenSinceMs },
      limit: limit === undefined ? undefined : Math.max(0, limit - removed),
    };
  }
}

/** Both together. What stays is met again by each way through the queue, so that the last one counts. */
function added(before: JobProgress, now: JobProgress): JobProgress {
  return {
    ...(now.looked === 0 ? before : now),
    looked: before.looked + now.looked,
    removed: before.removed + now.removed,
    firstIds: [...before.firstIds, ...now.firstIds].slice(0, JOB_EXAMPLES_MAX),
  };
}
