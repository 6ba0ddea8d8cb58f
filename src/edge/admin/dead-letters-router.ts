import type { Response } from "express";
import { Router } from "express";
import { deadLetterQueues } from "../../domain/config.ts";
import type { DeadLetter } from "../../domain/failure/dead-letter-reading.ts";
import type { DeadLetters, PassEnd, PurgeProgress, RedriveProgress, RunControl } from "../../ports/dead-letters.ts";
import { PARKED_QUEUE } from "../../domain/queue/queues.ts";
import { ruleKey } from "../../domain/rule/rule.ts";
import { answerJson } from "../http/answer.ts";
import { HttpProblem } from "../http/errors.ts";
import type { AdminAppDeps } from "./admin-app.ts";
import { askBroker, askQueues, disconnected } from "./ask-broker.ts";
import { DeadLetterParameters } from "./dead-letter-parameters.ts";
import type { May } from "./may.ts";
import { aQueue } from "./may.ts";
import { describeMessage } from "./message.ts";
import { queueOf } from "./queue-of.ts";
import { answerRun } from "./run-answer.ts";

/** `show` has an error message whole. */
const LISTED_MESSAGE_CHARACTERS = 4_096;
/** Redrives and purges under way in one router. Each has a connection to RabbitMQ, and may go on for hours. */
const RUNS_MAX = 8;
const RUNS_RETRY_SECONDS = 1;

type Deps = Pick<AdminAppDeps, "broker" | "config" | "deadLetters" | "report"> & { readonly may: May };

/**
 * Dead letters and parked messages: reading them, redriving them, deleting them. Any open queue will do, since one may
 * have been a dead-letter queue before.
 */
export function deadLettersRouter({ broker, config, deadLetters, report, may }: Deps): Router {
  const router = Router();

  const connected = (): DeadLetters => {
    const now = deadLetters();
    if (now !== undefined && broker()?.state !== "disconnected") return now;
    throw disconnected();
  };

  const asking = <Answer>(question: Promise<Answer>): Promise<Answer> => askBroker(question, report);

  let runs = 0;
  const running = async <Progress extends object>(
    response: Response,
    begin: (control: RunControl<Progress>) => Promise<object>,
  ): Promise<void> => {
    if (runs >= RUNS_MAX) {
      const message = `${RUNS_MAX} redrives and purges are under way in this router`;
      throw new HttpProblem(429, message, { retryAfterSeconds: RUNS_RETRY_SECONDS });
    }
    runs += 1;
    try {
      await answerRun(response, begin, report);
    } finally {
      runs -= 1;
    }
  };

  router.get("/", may("busbar:ListDeadLetterQueues"), async (_request, response) => {
    const asked = askQueues([...deadLetterQueues(config()), PARKED_QUEUE], async (name) => ({
      ready: (await broker()?.depth(name))?.ready ?? 0,
    }));
    answerJson(response, 200, { queues: await asking(asked) });
  });

  router.post("/:queue/list", may("busbar:ListDeadLetters", aQueue), async (request, response) => {
    const { filter, listLimit } = new DeadLetterParameters(request, ["limit"]);
    const listed = await asking(connected().list(queueOf(request, config()), filter, listLimit));
    answerJson(response, 200, { ...listed, deadLetters: listed.deadLetters.map(describe) });
  });

  router.post("/:queue/show", may("busbar:GetDeadLetter", aQueue), async (request, response) => {
    const { id } = new DeadLetterParameters(request);
    const queue = queueOf(request, config());
    const { message, looked, end } = await asking(connected().show(queue, id));
    if (message === undefined) throw new HttpProblem(404, notFound(queue, id, looked, end));
    answerJson(response, 200, describeMessage(message));
  });

  router.post("/:queue/count", may("busbar:CountDeadLetters", aQueue), async (request, response) => {
    const { filter, to } = new DeadLetterParameters(request, ["to"]);
    answerJson(response, 200, await asking(connected().count(queueOf(request, config()), filter, to)));
  });

  router.post("/:queue/redrive", may("busbar:RedriveDeadLetters", aQueue), async (request, response) => {
    const { filter, redrive } = new DeadLetterParameters(request, ["to", "limit", "ratePerSecond"]);
    const queue = queueOf(request, config());
    const now = connected();
    await running<RedriveProgress>(response, async (control) => {
      const { startedAtMs, ...redriven } = await now.redrive(queue, filter, redrive, control);
      return { ...redriven, startedAt: new Date(startedAtMs).toISOString() };
    });
  });

  router.post("/:queue/purge", may("busbar:PurgeDeadLetters", aQueue), async (request, response) => {
    const { filter } = new DeadLetterParameters(request);
    const queue = queueOf(request, config());
    const now = connected();
    await running<PurgeProgress>(response, (control) => now.purge(queue, filter, control));
  });

  return router;
}

/** A browse that ended before the end of the queue may have missed it. */
function notFound(queue: string, id: string, looked: number, end: PassEnd): string {
  return end === "finished"
    ? `${queue} has no dead letter "${id}"`
    : `none of the first ${looked} messages of ${queue} is a dead letter "${id}", and there are more`;
}

/** A list may have a thousand of them, and a header of a message up to 128 KiB. */
function describe({ atMs, origin, errorMessage, ...told }: DeadLetter): object {
  return {
    ...told,
    errorMessage: shortened(errorMessage, LISTED_MESSAGE_CHARACTERS),
    ...(atMs === undefined ? {} : { time: timeText(atMs) }),
    ...(origin === undefined ? {} : { rule: ruleKey(origin.bus, origin.rule), target: origin.target }),
  };
}

function shortened(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`;
}

/** A header may say anything; what is no time is not told. */
function timeText(epochMs: number): string | undefined {
  const time = new Date(epochMs);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
