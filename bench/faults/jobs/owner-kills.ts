import assert from "node:assert/strict";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import { eventually } from "../../../test/contract/waiting.ts";
import type { Moment } from "../../../test/support/rabbitmq/amqp-proxy.ts";
import type { Router } from "../../../test/support/router/router.ts";
import type { Context } from "../scenario.ts";
import { askJob } from "./ask-job.ts";
import type { Member, TwoRouters } from "./members.ts";
import { kill } from "./members.ts";

/** So slow that something is left after every kill. */
export const JOB_PER_SECOND = 10;
/** Others wait 10 s for a silent owner; the rest is for a machine with much to do. */
const TAKEN_OVER_MS_MAX = 25_000;

/** When the router is killed that owns the jobs. */
export interface KillPoint {
  readonly name: string;
  /** Seen by the proxy in front of the owner's broker. */
  readonly moment?: Moment;
  /** Brought about by somebody who asks the owner. @param id of the job that has a rate. */
  readonly reached?: (id: string, owner: Member) => Promise<unknown>;
}

/** Jobs whose owner is killed: the first of them has a rate. */
export type KilledJobs = readonly [JobAnswer, ...JobAnswer[]];

/**
 * Starts jobs on the first router, and kills their owner at each point. Resolves with the jobs as they began when the other router has
 * them. With an odd number of points that is not the one that was asked for them.
 */
export async function killOwners(
  { one, two }: Pick<TwoRouters, "one" | "two">,
  points: readonly KillPoint[],
  begin: (router: Router) => Promise<KilledJobs>,
  context: Context,
): Promise<KilledJobs> {
  let [owner, other] = [one, two];
  let jobs: KilledJobs | undefined;
  for (const { name, moment, reached } of points) {
    // Watched for before the router has the jobs: some are quick.
    const interrupted = moment && owner.proxy.interruptAt(moment, "hold");
    const begun = jobs === undefined ? begin(owner.router) : takenOver(jobs, other, owner);
    [jobs] = await Promise.all([begun, interrupted]);
    await reached?.(jobs[0].id, owner);
    const counts = (await jobsAt(owner.router, jobs)).map(({ kind, removed }) => `the ${kind} counts ${removed}`);
    context.say(`killed: ${name}; ${counts.join(", ")}`);
    [owner, other] = [other, owner];
  }
  assert.ok(jobs !== undefined);
  return takenOver(jobs, other, owner);
}

/** Resolves when a job is done, as any router answers for it. */
export async function doneAt(router: Router, { id, kind }: JobAnswer, msMax: number): Promise<JobAnswer> {
  await eventually(`the ${kind} is done`, async () => (await jobAt(router, id)).state === "done", msMax);
  return jobAt(router, id);
}

/** Lets a job go on as fast as it can. */
export function takeRateAway(router: Router, { id }: JobAnswer): Promise<JobAnswer> {
  return askJob(router, "PATCH", `jobs/${id}?ratePerSecond=none`);
}

/** A point: it has done some more, and goes on. */
export async function advance(id: string, { router }: Member): Promise<void> {
  const { removed } = await jobAt(router, id);
  const isSeen = async (): Promise<boolean> => (await jobAt(router, id)).removed >= removed + JOB_PER_SECOND;
  await eventually("the job advances", isSeen, 30_000);
}

/** A point: it has done some more, and is paused. */
export async function pause(id: string, owner: Member): Promise<void> {
  await advance(id, owner);
  assert.equal((await askJob(owner.router, "PATCH", `jobs/${id}?paused=true`)).state, "paused");
}

/** A point: it was paused, and goes on. */
export async function resume(id: string, { router }: Member): Promise<void> {
  assert.equal((await jobAt(router, id)).state, "paused");
  assert.equal((await askJob(router, "PATCH", `jobs/${id}?paused=false`)).state, "running");
}

/** Kills the owner of the jobs. Resolves when the other router has them, and the killed one runs again. */
async function takenOver(jobs: KilledJobs, owner: Member, other: Member): Promise<KilledJobs> {
  await kill(owner);
  const owns = async (): Promise<boolean> => {
    const left = (await jobsAt(other.router, jobs)).filter(({ state }) => state !== "done");
    return (await other.router.metricSum("busbar_jobs")) === left.length;
  };
  await eventually("the other router has taken the jobs over", owns, TAKEN_OVER_MS_MAX);
  await owner.router.launch();
  return jobs;
}

function jobsAt(router: Router, jobs: KilledJobs): Promise<readonly JobAnswer[]> {
  return Promise.all(jobs.map(({ id }) => jobAt(router, id)));
}

function jobAt(router: Router, id: string): Promise<JobAnswer> {
  return askJob(router, "GET", `jobs/${id}`);
}
