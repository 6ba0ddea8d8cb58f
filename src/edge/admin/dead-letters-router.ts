import type { Response } from "express";
import { Router } from "express";
import { LINES_CONTENT_TYPE } from "../../admin-api/answers.ts";
import type {
  DeadLetterCountAnswer,
  DeadLetterListAnswer,
  DeadLetterPurgeAnswer,
  DeadLetterQueuesAnswer,
  RedriveAnswer,
} from "../../admin-api/dead-letters.ts";
import {
  deadLetterCountParameters,
  deadLetterFilterParameters,
  deadLetterListParameters,
  deadLetterShowParameters,
  describeDeadLetter,
  filterOf,
  redriveParameters,
} from "../../admin-api/dead-letters.ts";
import type { QueueMessage } from "../../admin-api/queues.ts";
import { describeMessage } from "../../admin-api/queues.ts";
import type { Config } from "../../domain/config.ts";
import { deadLetterQueues } from "../../domain/config.ts";
import { PARKED_QUEUE } from "../../domain/queue/queues.ts";
import type { DeadLetters, PurgeProgress, RedriveProgress, RunControl, Shown } from "../../ports/dead-letters.ts";
import type { QueueCounts } from "../../ports/inspector.ts";
import type { ReportFault } from "../http/answer.ts";
import { answerJson } from "../http/answer.ts";
import { HttpProblem } from "../http/errors.ts";
import type { AskBroker, May } from "./request.ts";
import { aQueue, askQueues, parametersOf, queueOf } from "./request.ts";

/** Redrives and purges under way in one router. Each has a connection to RabbitMQ, and may go on for hours. */
const RUNS_MAX = 8;
const RUNS_RETRY_SECONDS = 1;
/** How often a caller reads how far its run is. It also keeps proxies from closing a silent answer. */
const PROGRESS_MS = 2_000;

export interface DeadLettersOptions {
  /** Throws the answer to the request while there is no connection. */
  readonly deadLetters: () => DeadLetters;
  /** The same. */
  readonly inspector: () => QueueCounts;
  readonly config: () => Config;
  readonly may: May;
  readonly ask: AskBroker;
  readonly report: ReportFault;
}

/**
 * Dead letters and parked messages: to read, redrive and delete. Any open queue will do, since it may have been a
 * dead-letter queue before.
 */
export function deadLettersRouter(options: DeadLettersOptions): Router {
  const { deadLetters, inspector, config, may, ask, report } = options;
  const router = Router();
  const answerRun = runsWith(report);

  router.get("/", may("busbar:ListDeadLetterQueues"), async (_request, response) => {
    const depths = askQueues([...deadLetterQueues(config()), PARKED_QUEUE], async (name) => ({
      ready: (await inspector().depth(name))?.ready ?? 0,
    }));
    answerJson(response, 200, { queues: await ask(depths) } satisfies DeadLetterQueuesAnswer);
  });

  router.post("/:queue/list", may("busbar:ListDeadLetters", aQueue), async (request, response) => {
    const { limit, ...filter } = parametersOf(request, deadLetterListParameters);
    const listed = await ask(deadLetters().list(queueOf(request, config()), filterOf(filter), limit));
    const described = listed.deadLetters.map(describeDeadLetter);
    answerJson(response, 200, { ...listed, deadLetters: described } satisfies DeadLetterListAnswer);
  });

  router.post("/:queue/show", may("busbar:GetDeadLetter", aQueue), async (request, response) => {
    const { id } = parametersOf(request, deadLetterShowParameters);
    const queue = queueOf(request, config());
    const shown = await ask(deadLetters().show(queue, id));
    if (shown.message === undefined) throw new HttpProblem(404, notFoundText(queue, id, shown));
    answerJson(response, 200, describeMessage(shown.message) satisfies QueueMessage);
  });

  router.post("/:queue/count", may("busbar:CountDeadLetters", aQueue), async (request, response) => {
    const { to, ...filter } = parametersOf(request, deadLetterCountParameters);
    const counted = await ask(deadLetters().count(queueOf(request, config()), filterOf(filter), to));
    answerJson(response, 200, counted satisfies DeadLetterCountAnswer);
  });

  router.post("/:queue/redrive", may("busbar:RedriveDeadLetters", aQueue), async (request, response) => {
    const { to, limit, ratePerSecond, ...filter } = parametersOf(request, redriveParameters);
    const queue = queueOf(request, config());
    const letters = deadLetters();
    await answerRun<RedriveProgress>(
      response,
      { looked: 0, redriven: 0, unredrivable: {} },
      async (control): Promise<RedriveAnswer> => {
        const { startedAtMs, ...same } = await letters.redrive(
          queue,
          filterOf(filter),
          { to, limit, ratePerSecond },
          control,
        );
        return { ...same, startedAt: new Date(startedAtMs).toISOString() };
      },
    );
  });

  router.post("/:queue/purge", may("busbar:PurgeDeadLetters", aQueue), async (request, response) => {
    const filter = filterOf(parametersOf(request, deadLetterFilterParameters));
    const queue = queueOf(request, config());
    const letters = deadLetters();
    await answerRun<PurgeProgress>(response, { looked: 0, purged: 0 }, (control): Promise<DeadLetterPurgeAnswer> =>
      letters.purge(queue, filter, control),
    );
  });

  return router;
}

/** A browse that ended before the end of the queue may have missed the dead letter. */
function notFoundText(queue: string, id: string, { looked, end }: Shown): string {
  return end === "finished"
    ? `${queue} has no dead letter "${id}"`
    : `none of the first ${looked} messages of ${queue} is a dead letter "${id}", and there are more`;
}

/** Answers with the lines of a run. `run` resolves with the last line, and rejects for a fault of the router. */
type AnswerRun = <Progress extends object>(
  response: Response,
  initial: Progress,
  run: (control: RunControl<Progress>) => Promise<object>,
) => Promise<void>;

/**
 * Answers requests for runs, up to eight at once. A run may take hours, so its answer is JSON lines: every two seconds
 * one with its progress, at the end one with its result. An answer without the last line was broken off. When the
 * caller has gone, the run ends: nobody would read its result.
 */
function runsWith(report: ReportFault): AnswerRun {
  let ongoing = 0;
  return async (response, initial, run) => {
    if (ongoing >= RUNS_MAX) {
      const message = `${RUNS_MAX} redrives and purges are under way in this router`;
      throw new HttpProblem(429, message, { retryAfterSeconds: RUNS_RETRY_SECONDS });
    }
    ongoing += 1;
    const left = new AbortController();
    response.once("close", () => left.abort());
    response.writeHead(200, { "content-type": LINES_CONTENT_TYPE });
    response.flushHeaders();
    let latest = initial;
    const timer = setInterval(() => {
      // A caller that reads slowly gets fewer lines.
      if (!response.writableNeedDrain) response.write(lineOf(latest));
    }, PROGRESS_MS);
    try {
      response.end(lineOf(await run({ signal: left.signal, reached: (progress) => (latest = progress) })));
    } catch (error) {
      report(error);
      response.destroy();
    } finally {
      clearInterval(timer);
      ongoing -= 1;
    }
  };
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
