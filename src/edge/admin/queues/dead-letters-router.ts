import { Router } from "express";
import { describeDeadLetter, filterOf } from "../../../admin-api/queues/dead-letters.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import { describeMessage } from "../../../admin-api/queues/queues.ts";
import { deadLetterQueues } from "../../../domain/config.ts";
import { PARKED_QUEUE } from "../../../domain/queue/queues.ts";
import type { DeadLetters, Shown } from "../../../ports/admin/dead-letters.ts";
import type { QueueCounts } from "../../../ports/broker/inspector.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { AskBroker, May } from "../request.ts";
import { askQueues, queueOf } from "../request.ts";
import { serveOn } from "../serve.ts";
import type { QueueJobsOptions } from "./start-queue-job.ts";
import { startQueueJob } from "./start-queue-job.ts";

export interface DeadLettersOptions extends QueueJobsOptions {
  /** Throws the answer to the request while there is no connection. */
  readonly deadLetters: () => DeadLetters;
  /** The same. */
  readonly inspector: () => QueueCounts;
  readonly may: May;
  readonly ask: AskBroker;
}

/**
 * Dead letters and parked messages: to read, redrive and delete. Any open queue will do, since it may have been a
 * dead-letter queue before.
 */
export function deadLettersRouter(options: DeadLettersOptions): Router {
  const { deadLetters, inspector, config, may, ask } = options;
  const router = Router();
  const serve = serveOn(router, may);

  serve(OPERATIONS.listDeadLetterQueues, async () => {
    const depths = askQueues([...deadLetterQueues(config()), PARKED_QUEUE], async (name) => ({
      ready: (await inspector().depth(name))?.ready ?? 0,
    }));
    return { queues: await ask(depths) };
  });

  serve(OPERATIONS.listDeadLetters, async ({ path, query: { limit, ...filter } }) => {
    const listed = await ask(deadLetters().list(queueOf(path, config()), filterOf(filter), limit));
    return { ...listed, deadLetters: listed.deadLetters.map(describeDeadLetter) };
  });

  serve(OPERATIONS.showDeadLetter, async ({ path, query: { id } }) => {
    const queue = queueOf(path, config());
    const shown = await ask(deadLetters().show(queue, id));
    if (shown.message === undefined) throw new HttpProblem(404, notFoundText(queue, id, shown));
    return describeMessage(shown.message);
  });

  serve(OPERATIONS.countDeadLetters, ({ path, query: { to, ...filter } }) =>
    ask(deadLetters().count(queueOf(path, config()), filterOf(filter), to)),
  );

  serve(OPERATIONS.redriveDeadLetters, ({ path, query: { to, limit, ratePerSecond, ...filter }, ...asked }) => {
    const order = { kind: "redrive", queue: queueOf(path, config()), filter: filterOf(filter), to, limit } as const;
    return startQueueJob(options, order, asked, ratePerSecond);
  });

  serve(OPERATIONS.purgeDeadLetters, ({ path, query, ...asked }) =>
    startQueueJob(options, { kind: "purge", queue: queueOf(path, config()), filter: filterOf(query) }, asked),
  );

  return router;
}

/** A browse that ended before the end of the queue may have missed the dead letter. */
function notFoundText(queue: string, id: string, { looked, end }: Shown): string {
  return end === "finished"
    ? `${queue} has no dead letter "${id}"`
    : `none of the first ${looked} messages of ${queue} is a dead letter "${id}", and there are more`;
}
