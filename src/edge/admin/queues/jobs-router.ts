import type { Request } from "express";
import { Router } from "express";
import { describeJob } from "../../../admin-api/queues/jobs.ts";
import type { QueryOf } from "../../../admin-api/operations/operation.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { AdminAction } from "../../../domain/access/actions.ts";
import type { Identity } from "../../../domain/arn.ts";
import { jobArn, replayArn } from "../../../domain/arn.ts";
import type { Job, JobChange } from "../../../domain/job/job.ts";
import { isUnfinished } from "../../../domain/job/job.ts";
import type { JobControl } from "../../../ports/admin/jobs.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { callerOf, stored } from "../request.ts";
import { serveOn } from "../serve.ts";

export interface JobsRouterOptions {
  /** Throws the answer to the request while the router does not know yet which jobs there are. */
  readonly jobs: () => JobControl;
  readonly identity: Identity;
  readonly may: May;
}

/** Redrives, purges, moves and replays of all routers, whichever of them is asked: a PATCH changes one, a DELETE stops it. */
export function jobsRouter({ jobs, identity, may }: JobsRouterOptions): Router {
  const router = Router();
  const serve = serveOn(router, may);
  const arnOf = ({ id, order }: Job): string =>
    order.kind === "replay" ? replayArn(identity, order.name) : jobArn(identity, order.queue, id);
  const find = (id: string, action: AdminAction, request: Request): Job => {
    const job = jobs().find(id);
    if (job === undefined) throw new HttpProblem(404, `there is no job "${id}", or it ended long ago`);
    callerOf(request).authorize(action, arnOf(job));
    return job;
  };

  serve(OPERATIONS.listJobs, ({ request }) => {
    const caller = callerOf(request);
    const listed = jobs().list();
    return { jobs: listed.filter((job) => caller.may("busbar:ListJobs", arnOf(job))).map(describeJob) };
  });

  serve(OPERATIONS.getJob, ({ path, request }) => describeJob(find(path.job, "busbar:GetJob", request)));

  serve(OPERATIONS.changeJob, async ({ path, query, request }) => {
    const job = find(path.job, "busbar:ChangeJob", request);
    const change = changeOf(query, job);
    if (!isUnfinished(job) || job.state === "stopping") throw new HttpProblem(409, `the job is ${job.state}`);
    return describeJob((await stored(jobs().change(job.id, change, callerOf(request).id))) ?? job);
  });

  serve(OPERATIONS.stopJob, async ({ path, request }) => {
    const job = find(path.job, "busbar:StopJob", request);
    return describeJob((await stored(jobs().change(job.id, { state: "stopping" }, callerOf(request).id))) ?? job);
  });

  return router;
}

function changeOf({ ratePerSecond, paused }: QueryOf<typeof OPERATIONS.changeJob>, { order }: Job): JobChange {
  if (ratePerSecond === undefined && paused === undefined) {
    throw new HttpProblem(400, "nothing to change: ratePerSecond and paused can be");
  }
  if (ratePerSecond !== undefined && order.kind === "purge") throw new HttpProblem(400, "a purge has no rate");
  const state = paused === undefined ? undefined : paused === "true" ? "paused" : "running";
  return { ratePerSecond, state };
}
