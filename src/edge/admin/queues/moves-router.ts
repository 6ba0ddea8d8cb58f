import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Identity } from "../../../domain/arn.ts";
import { queueArn } from "../../../domain/arn.ts";
import type { Config } from "../../../domain/config.ts";
import { isFifoQueue } from "../../../domain/queue/fifo.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { callerOf, queueOf } from "../request.ts";
import { serveOn } from "../serve.ts";
import type { QueueJobsOptions } from "./start-queue-job.ts";
import { startQueueJob } from "./start-queue-job.ts";

export interface MovesOptions extends QueueJobsOptions {
  readonly identity: Identity;
  readonly may: May;
}

/** Moves of the messages of any open queue, as jobs. Who moves them to a queue must be allowed to send to it. */
export function movesRouter(options: MovesOptions): Router {
  const { config, identity, may } = options;
  const router = Router();
  const serve = serveOn(router, may);

  serve(OPERATIONS.moveMessages, ({ path, query: { destination, ratePerSecond }, ...asked }) => {
    const queue = queueOf(path, config());
    if (destination !== undefined) {
      requireDestination(destination, queue, config());
      callerOf(asked.request).authorize("busbar:SendMessages", queueArn(identity, destination));
    }
    return startQueueJob(options, { kind: "move", queue, destination }, asked, ratePerSecond);
  });

  return router;
}

function requireDestination(destination: string, source: string, { queues }: Config): void {
  if (!queues.has(destination)) throw new HttpProblem(404, `there is no queue "${destination}": it must be configured`);
  if (destination === source)
    throw new HttpProblem(400, "destination must be another queue than the one that is moved");
  if (isFifoQueue(destination) === isFifoQueue(source)) return;
  throw new HttpProblem(400, `"${source}" and "${destination}" must both be FIFO queues, or neither`);
}
