import type { Request, Response } from "express";
import { API_PATH } from "../../../admin-api/operations/operation.ts";
import type { JobAnswer } from "../../../admin-api/queues/jobs.ts";
import { describeJob } from "../../../admin-api/queues/jobs.ts";
import type { Config } from "../../../domain/config.ts";
import type { QueueOrder } from "../../../domain/job/job.ts";
import { subjectOf, UNFINISHED_QUEUE_JOBS_MAX } from "../../../domain/job/job.ts";
import type { JobControl, JobRefusal } from "../../../ports/admin/jobs.ts";
import { QueueRefusedError } from "../../../ports/broker/inspector.ts";
import type { MessageQueues } from "../../../ports/message-queues.ts";
import { HttpProblem } from "../../http/errors.ts";
import { callerOf, stored } from "../request.ts";

const JOBS_RETRY_SECONDS = 1;

/** What jobs at queues are started with. */
export interface QueueJobsOptions {
  /** Throws the answer to the request while there is no connection. */
  readonly jobs: () => JobControl;
  /** The same. */
  readonly queues: () => MessageQueues;
  readonly config: () => Config;
}

/** Starts a job at a queue, which the answer names. @throws HttpProblem 409, 429, 503 */
export async function startQueueJob(
  { jobs, queues, config }: QueueJobsOptions,
  order: QueueOrder,
  { request, response }: { readonly request: Request; readonly response: Response },
  ratePerSecond?: number,
): Promise<JobAnswer> {
  requireBrowsable(order.queue, queues(), config());
  const start = await stored(jobs().start(order, { ratePerSecond, by: callerOf(request).id }));
  if (!start.ok) throw refused(start);
  response.setHeader("location", `${API_PATH}/jobs/${start.job.id}`);
  return describeJob(start.job);
}

/** @throws HttpProblem 409 for a queue whose job would end as refused */
function requireBrowsable(name: string, messageQueues: MessageQueues, { queues }: Config): void {
  try {
    messageQueues.requireBrowsable(queues.get(name) ?? { name });
  } catch (cause) {
    if (cause instanceof QueueRefusedError) throw new HttpProblem(409, cause.message, { cause });
    throw cause;
  }
}

function refused(refusal: JobRefusal): HttpProblem {
  if (refusal.reason === "too many") {
    const message = `${UNFINISHED_QUEUE_JOBS_MAX} redrives, purges and moves are under way: wait for one, or stop one`;
    return new HttpProblem(429, message, { retryAfterSeconds: JOBS_RETRY_SECONDS });
  }
  const { id, order, state } = refusal.job;
  return new HttpProblem(409, `a ${order.kind} of ${subjectOf(order)} is ${state} already: job ${id}`);
}
