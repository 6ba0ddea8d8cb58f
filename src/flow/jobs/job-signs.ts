import type { Job } from "../../domain/job/job.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { JobSign } from "./job-message.ts";
import { decodeJobSign, encodeJobSign } from "./job-message.ts";

export interface JobSignsOptions {
  readonly broadcast: Broadcast;
  /** Whether this router would hear other routers now. */
  readonly isConnected: () => boolean;
  /** After so long without a sign of a job's owner another router takes the job over. */
  readonly silenceMs: number;
  readonly steadyMs: () => number;
}

/** Signs of life of the routers that own jobs: this one sends its own, and hears those of others. */
export class JobSigns {
  readonly #options: JobSignsOptions;
  /** By job, when there was a sign of its owner; by the steady clock. */
  readonly #heardAtMs = new Map<string, number>();
  #tickedAtMs = -Infinity;

  /** @param onSign returns whether the sign is of the job's owner. */
  constructor(options: JobSignsOptions, onSign: (sign: JobSign) => boolean) {
    this.#options = options;
    options.broadcast.onBroadcast((body) => {
      const sign = decodeJobSign(body);
      if (sign !== undefined && onSign(sign)) this.heard(sign.jobId);
    });
  }

  /** Counts as a sign of life. */
  heard(jobId: string): void {
    this.#heardAtMs.set(jobId, this.#options.steadyMs());
  }

  /**
   * Finds the jobs whose owners are silent for too long. Called once a second. Silence says nothing of them while this
   * router would not hear them, or where it was held up itself: then it has yet to hear what they sent meanwhile.
   *
   * @param others jobs that other routers own.
   * @returns since when each is silent, by the steady clock.
   */
  silent(others: readonly Job[]): ReadonlyMap<Job, number> {
    const { steadyMs, silenceMs, isConnected } = this.#options;
    const nowMs = steadyMs();
    const isHeldUp = silenceMs > 0 && nowMs - this.#tickedAtMs > silenceMs / 2;
    this.#tickedAtMs = nowMs;
    const known = new Set(others.map(({ id }) => id));
    for (const id of this.#heardAtMs.keys()) if (!known.has(id)) this.#heardAtMs.delete(id);
    const silent = new Map<Job, number>();
    for (const job of others) {
      const heardAtMs = this.#heardAtMs.get(job.id);
      if (heardAtMs === undefined || isHeldUp || !isConnected()) this.heard(job.id);
      else if (nowMs - heardAtMs >= silenceMs) silent.set(job, heardAtMs);
    }
    return silent;
  }

  /** Says that this router lives, and how far its job is. What is lost is followed by the next one in a second. */
  send({ id, owner, progress, problem }: Job): void {
    if (!this.#options.isConnected()) return;
    const sign = encodeJobSign({ jobId: id, epoch: owner.epoch, progress, problem });
    this.#options.broadcast.broadcast(sign).catch(() => undefined);
  }
}
