import type { Job, RuleHold } from "../../domain/job/job.ts";
import { isReplay } from "../../domain/replay/replay-state.ts";
import type { SharedLog } from "../control-log/shared-log.ts";
import type { JobRecord, JobRecordOf } from "./job-record.ts";
import { writeJobRecord } from "./job-record.ts";

/** How long to wait after the broker did not take a record. */
const APPEND_AGAIN_MS = 1_000;

/** How often the log hears how far a job is, for a router that starts when its owner has died; in ticks. */
const QUEUE_JOB_TICKS = 30;
/** Whatever a replay sent since is sent again. */
const REPLAY_TICKS = 5;

export function ticksACheckpoint(job: Job): number {
  return isReplay(job) ? REPLAY_TICKS : QUEUE_JOB_TICKS;
}

/** How a job ends, as its record has it. */
export type EndOfRecord = NonNullable<JobRecordOf<"progress">["end"]>;

export interface JobLogOptions {
  readonly log: SharedLog;
  /** Rejects with the signal's reason when that fires first. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Appends records of jobs to the control log. */
export class JobLog {
  readonly #options: JobLogOptions;
  readonly #stopping: AbortSignal;

  constructor(options: JobLogOptions, stopping: AbortSignal) {
    this.#options = options;
    this.#stopping = stopping;
  }

  append(record: JobRecord): Promise<void> {
    return this.#options.log.append(writeJobRecord(record));
  }

  /** Appends that a catch-up's rule waits longer. */
  hold({ id, owner }: Job, hold: RuleHold): Promise<void> {
    return this.append({ event: "hold", jobId: id, epoch: owner.epoch, hold });
  }

  /** Appends how far a job is. @param end and that it has ended. */
  progress({ id, owner, progress, problem }: Job, end?: EndOfRecord): Promise<void> {
    return this.append({ event: "progress", jobId: id, epoch: owner.epoch, progress, problem, end });
  }

  /**
   * The same. A record that the broker does not take is appended again, as long as the job is this router's.
   *
   * @param mine the job as it is now; undefined once another router has it.
   * @returns whether it is stored.
   */
  async progressUntilStored(mine: () => Job | undefined, end?: EndOfRecord): Promise<boolean> {
    for (let job = mine(); job !== undefined; job = mine()) {
      try {
        await this.progress(job, end);
        return true;
      } catch {
        if (this.#stopping.aborted) return false;
        await this.#options.sleep(APPEND_AGAIN_MS, this.#stopping).catch(() => undefined);
      }
    }
    return false;
  }
}
