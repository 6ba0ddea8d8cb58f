import type { Job, JobChange, JobEndState, JobFact, JobOrder, JobProgress, RuleHold } from "../../domain/job/job.ts";
import { isUnfinished } from "../../domain/job/job.ts";
import type { JsonObject } from "../../json/json.ts";
import type { CatchUpControl, JobControl, JobRequest, JobStart } from "../../ports/admin/jobs.ts";
import type { LogUser } from "../control-log/shared-log.ts";
import type { JobSign } from "./job-message.ts";
import { boundedProgress, shortText, JOB_RECORD_KIND, readJobRecord } from "./job-record.ts";
import type { JobLogOptions } from "./job-log.ts";
import { JobLog, ticksACheckpoint } from "./job-log.ts";
import type { JobEnd, JobPast, JobRunOptions, RunningJob } from "./job-run.ts";
import { JobRun } from "./job-run.ts";
import type { JobSignsOptions } from "./job-signs.ts";
import { JobSigns } from "./job-signs.ts";
import { FIRST_EPOCH, JobTable, newJob } from "./job-table.ts";

export interface JobsOptions extends JobRunOptions, JobSignsOptions, JobLogOptions {
  /** What this router is called in log and journal. */
  readonly router: string;
  readonly newId: () => string;
  readonly nowMs: () => number;
  /** How often a sign of life is sent, and silence noticed. */
  readonly tickMs: number;
  readonly observer: { job(fact: JobFact): void };
  readonly onError: (error: unknown) => void;
}

/**
 * Jobs of all routers. The control log says which there are, what was changed of them and who owns each; every router
 * follows it. The owner runs the job, and sends a sign of life with the job's progress once a second. When it is silent
 * or gives the job back, the others append a record that they own it, and the first one in the log does.
 *
 * Two routers may run one job for a moment: a router that hung does not know yet that it has lost the job. That loses
 * nothing, since each dead letter is in the hands of one of them.
 */
export class Jobs implements JobControl, CatchUpControl, LogUser {
  readonly kind = JOB_RECORD_KIND;
  readonly #options: JobsOptions;
  readonly #log: JobLog;
  /** New with each start of the process: a job of a former process of this router has no owner. */
  readonly #me: string;
  readonly #table = new JobTable();
  readonly #running = new Map<string, RunningJob>();
  /** By job, where this router has begun it or has taken it from one that was silent. */
  readonly #pasts = new Map<string, JobPast>();
  /** Jobs that a record is being appended for, which settles them. */
  readonly #pending = new Set<string>();
  readonly #signs: JobSigns;
  #ticks = 0;
  readonly #stopping = new AbortController();
  /** Set once the log's past is read. */
  #timer: NodeJS.Timeout | undefined;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#me = options.newId();
    this.#log = new JobLog(options, this.#stopping.signal);
    options.log.add(this);
    this.#signs = new JobSigns(options, (sign) => this.#hear(sign));
  }

  list(): readonly Job[] {
    return this.#table.list();
  }

  find(id: string): Job | undefined {
    return this.#table.find(id);
  }

  /** The jobs that this router owns and that have not ended. */
  get owned(): readonly Job[] {
    return this.list().filter((job) => isUnfinished(job) && this.#isMine(job));
  }

  readonly heldUntilMs = (catchUp: string) => (this.#timer === undefined ? 0 : this.#table.heldUntilMs(catchUp));

  async start(order: JobOrder, { ratePerSecond, by, hold }: JobRequest): Promise<JobStart> {
    const refusal = this.#table.refusalOf(order);
    if (refusal !== undefined) return refusal;
    const { newId, nowMs, router } = this.#options;
    const begun = { id: newId(), ratePerSecond, startedAtMs: nowMs(), startedBy: by && shortText(by), hold };
    const job = newJob(order, begun, { id: this.#me, router });
    await this.#log.append({ event: "start", job });
    // Another router may have appended one that is in its way first.
    const late = this.find(job.id) === undefined ? this.#table.refusalOf(order) : undefined;
    if (late !== undefined) return late;
    this.#options.observer.job({ what: "started", job });
    return { ok: true, job: this.find(job.id) ?? job };
  }

  async change(id: string, change: JobChange, by: string | undefined): Promise<Job | undefined> {
    const job = this.find(id);
    if (job === undefined || !isUnfinished(job)) return job;
    const author = by === undefined ? {} : { by: shortText(by) };
    await this.#log.append({ event: "change", id: this.#options.newId(), jobId: id, ...change, ...author });
    const changed = this.find(id) ?? job;
    this.#options.observer.job({ what: "changed", job: changed });
    return changed;
  }

  /** Ends the work of this router in good order, and gives its jobs to the others. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const { owned } = this;
    this.#stopping.abort(new Error("the router is stopping"));
    for (const { interrupt } of this.#running.values()) interrupt.abort(this.#stopping.signal.reason);
    await Promise.allSettled([...this.#running.values()].map(({ ended }) => ended));
    await Promise.allSettled(owned.map((job) => this.#giveBack(job)));
  }

  caughtUp(): void {
    this.#timer = setInterval(() => this.#tick(), this.#options.tickMs).unref();
    for (const job of this.list()) this.#settle(job);
    this.#tick();
  }

  renewals(beforeBytes: number): readonly Buffer[] {
    return this.#table.renewals(beforeBytes);
  }

  read(json: JsonObject, endBytes: number): boolean {
    const record = readJobRecord(json);
    if (record === undefined) return false;
    const job = this.#table.apply(record, endBytes);
    if (job === undefined) return true;
    this.#signs.heard(job.id);
    if (this.#timer !== undefined) this.#settle(job);
    return true;
  }

  #isMine({ owner }: Job): boolean {
    return owner.id === this.#me;
  }

  /** Does what follows of a job's state: runs it, interrupts it, ends it or takes it. */
  #settle(job: Job): void {
    const running = this.#running.get(job.id);
    const isDue = this.#isMine(job) && job.state === "running";
    if (running !== undefined) {
      if (!isDue || running.epoch !== job.owner.epoch) running.interrupt.abort(new Error(`the job is ${job.state}`));
      return;
    }
    if (this.#stopping.signal.aborted || !isUnfinished(job)) return;
    if (isDue) this.#run(job);
    else if (this.#isMine(job) && job.state === "stopping") this.#once(job, () => this.#end(job, { state: "stopped" }));
    else if (job.owner.id === undefined) this.#once(job, () => this.#takeOver(job));
  }

  #run(job: Job): void {
    const interrupt = new AbortController();
    const { epoch } = job.owner;
    const control = {
      signal: interrupt.signal,
      ratePerSecond: () => this.find(job.id)?.ratePerSecond,
      reached: (progress: JobProgress, problem: string | undefined) =>
        this.#table.reached(job.id, epoch, boundedProgress(progress), problem && shortText(problem)),
      hold: () => this.find(job.id)?.hold,
      extendHold: (hold: RuleHold) => this.#log.hold(job, hold),
    };
    const past = this.#pasts.get(job.id) ?? { isBegun: epoch > FIRST_EPOCH, allBackAtMs: -Infinity };
    this.#pasts.set(job.id, { ...past, isBegun: true });
    const run = new JobRun(job, past, control, this.#options).run();
    const ended = run
      .catch((error: unknown): JobEnd => {
        this.#options.onError(error);
        return { state: "failed", problem: "an unexpected error: the router's log has it" };
      })
      .then((end) => this.#hasEnded(job.id, epoch, end));
    this.#running.set(job.id, { epoch, interrupt, ended });
  }

  async #hasEnded(id: string, epoch: number, end: JobEnd | undefined): Promise<void> {
    const job = this.find(id);
    if (job?.owner.epoch === epoch) {
      // While the record is on its way the job still counts as running here: nobody begins it anew.
      if (end !== undefined) await this.#end(job, end);
      else if (job.state === "paused") await this.#log.progressUntilStored(() => this.#stillMine(job));
    }
    this.#running.delete(id);
    const now = this.find(id);
    if (now !== undefined) this.#settle(now);
  }

  async #end(job: Job, { state, problem }: { readonly state: JobEndState; readonly problem?: string }): Promise<void> {
    const end = { state, atMs: this.#options.nowMs() };
    const mine = (): Job | undefined => {
      const now = this.#stillMine(job);
      return now && { ...now, problem: problem && shortText(problem) };
    };
    if (!(await this.#log.progressUntilStored(mine, end))) return;
    const now = this.find(job.id);
    if (now !== undefined && !isUnfinished(now)) this.#options.observer.job({ what: "ended", job: now });
  }

  #stillMine({ id, owner }: Job): Job | undefined {
    const now = this.find(id);
    return now?.owner.epoch === owner.epoch ? now : undefined;
  }

  async #takeOver(job: Job): Promise<void> {
    const owner = { epoch: job.owner.epoch + 1, id: this.#me, router: this.#options.router };
    await this.#log.append({ event: "own", jobId: job.id, owner, progress: job.progress });
    const now = this.find(job.id);
    if (now !== undefined && this.#isMine(now)) this.#options.observer.job({ what: "taken over", job: now });
  }

  async #giveBack(job: Job): Promise<void> {
    const now = this.find(job.id) ?? job;
    if (!isUnfinished(now) || !this.#isMine(now)) return;
    await this.#log.progress(now);
    await this.#log.append({ event: "own", jobId: job.id, owner: { epoch: now.owner.epoch + 1 } });
  }

  #tick(): void {
    this.#ticks += 1;
    this.#table.forgetLongEnded(this.#options.nowMs());
    for (const id of this.#pasts.keys()) if (this.find(id) === undefined) this.#pasts.delete(id);
    const unfinished = this.list().filter(isUnfinished);
    for (const job of unfinished) if (this.#isMine(job)) this.#showProgress(job);
    const silent = this.#signs.silent(unfinished.filter((job) => !this.#isMine(job)));
    for (const [job, silentSinceMs] of silent) {
      this.#pasts.set(job.id, { isBegun: true, allBackAtMs: silentSinceMs + this.#options.heldBackMs });
      this.#once(job, () => this.#takeOver(job));
    }
    // What was not appended then is due now.
    for (const job of this.list()) this.#settle(job);
  }

  #showProgress(job: Job): void {
    this.#signs.send(job);
    if (job.state !== "running" || this.#ticks % ticksACheckpoint(job) > 0) return;
    this.#log.progress(job).catch(() => undefined);
  }

  #hear({ jobId, epoch, progress, problem }: JobSign): boolean {
    const job = this.find(jobId);
    if (job === undefined || job.owner.epoch !== epoch || this.#isMine(job)) return false;
    this.#table.reached(jobId, epoch, progress, problem);
    return true;
  }

  /** Appends for a job unless that is under way. What the broker does not take is tried again with a later tick. */
  #once({ id }: Job, append: () => Promise<void>): void {
    if (this.#pending.has(id)) return;
    this.#pending.add(id);
    void append()
      .catch(() => undefined)
      .finally(() => this.#pending.delete(id));
  }
}
