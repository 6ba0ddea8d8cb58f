import type { Job, JobOrder, JobOwner, JobProgress } from "../../domain/job/job.ts";
import { isUnfinished, NO_PROGRESS, subjectOf, UNFINISHED_QUEUE_JOBS_MAX } from "../../domain/job/job.ts";
import { RUNNING_REPLAYS_MAX } from "../../domain/replay/replay.ts";
import { isCatchUp, isReplay } from "../../domain/replay/replay-state.ts";
import type { JobRefusal } from "../../ports/admin/jobs.ts";
import type { JobRecord, JobRecordOf } from "./job-record.ts";
import { writeJobRecord } from "./job-record.ts";
import { KnownCatchUps } from "./known-catch-ups.ts";

/** Of a job's first owner, the router that was asked for it. */
export const FIRST_EPOCH = 1;
/** Redrives, purges and moves that have ended, and are still listed: how many, and for how long. */
const ENDED_QUEUE_JOBS_MAX = 50;
const QUEUE_JOB_LISTED_MS = 7 * 24 * 3_600_000;
/** The same of replays, which AWS lists for 90 days. As many as the log can keep beside everything else. */
const ENDED_REPLAYS_MAX = 100;
const REPLAY_LISTED_MS = 90 * 24 * 3_600_000;

interface Entry {
  job: Job;
  /** How much of the log had been read up to the end of the job's last record. */
  endBytes: number;
}

/**
 * All jobs, as the control log tells of them. Its order decides whatever two routers want at once, so every router
 * comes to the same: which of two jobs for one queue there is, and who owns a job.
 */
export class JobTable {
  readonly #entries = new Map<string, Entry>();
  readonly #catchUps = new KnownCatchUps();

  /** The newest first. */
  list(): readonly Job[] {
    return [...this.#entries.values()].map(({ job }) => job).toSorted((a, b) => b.startedAtMs - a.startedAtMs);
  }

  find(id: string): Job | undefined {
    return this.#entries.get(id)?.job;
  }

  /** Until when the rule of a catch-up waits, in epoch milliseconds; 0 after its end, undefined before it was ever begun. */
  heldUntilMs(catchUp: string): number | undefined {
    if (!this.#catchUps.has(catchUp)) return undefined;
    const job = this.find(this.#catchUps.jobOf(catchUp) ?? "");
    return job !== undefined && isUnfinished(job) ? (job.hold?.untilMs ?? 0) : 0;
  }

  /** Why a job would not be started now; undefined where it would. */
  refusalOf(wanted: JobOrder): JobRefusal | undefined {
    const jobs = this.list().filter(({ order }) => (order.kind === "replay") === (wanted.kind === "replay"));
    const busy = jobs.find((job) => isInTheWay(job, wanted));
    if (busy !== undefined) return { ok: false, reason: "busy", job: busy };
    // Of catch-ups there are as many as the configuration has rules with a past.
    if (wanted.kind === "replay" && wanted.catchesUp === true) return undefined;
    const going = jobs.filter(wanted.kind === "replay" ? isReplaying : isUnfinished).length;
    const max = wanted.kind === "replay" ? RUNNING_REPLAYS_MAX : UNFINISHED_QUEUE_JOBS_MAX;
    return going < max ? undefined : { ok: false, reason: "too many" };
  }

  /** @returns the job that the record has changed; undefined for a record that changes nothing. */
  apply(record: JobRecord, endBytes: number): Job | undefined {
    if (record.event === "caughtUp") {
      for (const name of record.names) this.#catchUps.add(name, endBytes);
      return undefined;
    }
    const changed = this.#changedBy(record);
    if (changed === undefined) return undefined;
    this.#entries.set(changed.id, { job: changed, endBytes });
    if (isReplay(changed) && isCatchUp(changed)) this.#catchUps.add(changed.order.name, endBytes, changed.id);
    if (!isUnfinished(changed)) {
      this.#forgetOldest(isReplay, ENDED_REPLAYS_MAX);
      this.#forgetOldest((job) => !isReplay(job), ENDED_QUEUE_JOBS_MAX);
    }
    return changed;
  }

  /** Takes over how far a job's owner is, which the log hears of more seldom. */
  reached(id: string, epoch: number, progress: JobProgress, problem: string | undefined): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.job.owner.epoch !== epoch || !isUnfinished(entry.job)) return;
    entry.job = { ...entry.job, progress, problem };
  }

  /** Forgets the jobs that ended so long ago that they are not listed any more. */
  forgetLongEnded(nowMs: number): void {
    for (const [id, { job }] of this.#entries) {
      const listedMs = isReplay(job) ? REPLAY_LISTED_MS : QUEUE_JOB_LISTED_MS;
      if ((job.endedAtMs ?? Infinity) < nowMs - listedMs) this.#entries.delete(id);
    }
  }

  renewals(beforeBytes: number): readonly Buffer[] {
    const old = [...this.#entries.values()].filter(({ endBytes }) => endBytes < beforeBytes);
    const copies = old.map(({ job }) => writeJobRecord({ event: "copy", job }));
    return [...copies, ...this.#catchUps.renewals(beforeBytes).map(writeJobRecord)];
  }

  #changedBy(record: Exclude<JobRecord, JobRecordOf<"caughtUp">>): Job | undefined {
    if (record.event === "start") {
      const { job } = record;
      const isKnown = isReplay(job) && isCatchUp(job) && this.#catchUps.has(job.order.name);
      const isNew = this.find(job.id) === undefined && !isKnown;
      return isNew && this.refusalOf(job.order) === undefined ? job : undefined;
    }
    if (record.event === "copy") return this.find(record.job.id) ?? record.job;
    const job = this.find(record.jobId);
    if (job === undefined || !isUnfinished(job)) return undefined;
    switch (record.event) {
      case "change":
        return changedJob(job, record);
      case "own":
        return record.owner.epoch > job.owner.epoch ? ownedJob(job, record) : undefined;
      case "hold":
        return record.epoch === job.owner.epoch ? heldLonger(job, record) : undefined;
      case "progress":
        return record.epoch === job.owner.epoch ? advanced(job, record) : undefined;
    }
  }

  #forgetOldest(isOfKind: (job: Job) => boolean, max: number): void {
    const ended = this.list().filter((job) => !isUnfinished(job) && isOfKind(job));
    const oldest = ended.toSorted((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0)).slice(max);
    for (const { id } of oldest) this.#entries.delete(id);
  }
}

/** Whether a job keeps another from being started: one queue has one at a time, and a replay's name is never used again. */
function isInTheWay(job: Job, wanted: JobOrder): boolean {
  return subjectOf(job.order) === subjectOf(wanted) && (isReplay(job) || isUnfinished(job));
}

/** Counted against AWS's quota. */
function isReplaying(job: Job): boolean {
  return !isCatchUp(job) && (job.state === "running" || job.state === "paused");
}

/** A job as it begins, on the router that was asked for it. */
export function newJob(
  order: JobOrder,
  begun: Pick<Job, "id" | "ratePerSecond" | "startedAtMs" | "startedBy" | "hold">,
  owner: Omit<JobOwner, "epoch">,
): Job {
  return { ...begun, order, state: "running", owner: { epoch: FIRST_EPOCH, ...owner }, progress: NO_PROGRESS };
}

/** A job that stops is not paused or resumed any more. */
function changedJob(job: Job, { ratePerSecond, state, by }: JobRecordOf<"change">): Job {
  return {
    ...job,
    ...(ratePerSecond === undefined ? {} : { ratePerSecond: ratePerSecond ?? undefined }),
    ...(state === undefined || job.state === "stopping" ? {} : { state }),
    changedBy: by,
  };
}

function ownedJob(job: Job, { owner, progress = job.progress }: JobRecordOf<"own">): Job {
  return { ...job, owner, progress };
}

function heldLonger(job: Job, { hold: { untilMs, isFinal } }: JobRecordOf<"hold">): Job {
  return {
    ...job,
    hold: { untilMs: Math.max(job.hold?.untilMs ?? 0, untilMs), isFinal: isFinal ?? job.hold?.isFinal },
  };
}

function advanced(job: Job, { progress, problem, end }: JobRecordOf<"progress">): Job {
  return { ...job, progress, problem, ...(end === undefined ? {} : { state: end.state, endedAtMs: end.atMs }) };
}
