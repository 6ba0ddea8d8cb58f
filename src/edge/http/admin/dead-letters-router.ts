import type { Response } from "express";
import { Router } from "express";
import { deadLetterQueues } from "../../../core/config.ts";
import type { DeadLetter } from "../../../core/dead-letter-reading.ts";
import type { DeadLetters } from "../../../core/dead-letters.ts";
import { PARKED_QUEUE } from "../../../core/queues.ts";
import { ruleKey } from "../../../core/rule.ts";
import { answerJson } from "../answer.ts";
import { Problem } from "../errors.ts";
import type { AdminAppDeps } from "./admin-app.ts";
import { askBroker, askQueues, disconnected } from "./ask-broker.ts";
import { DeadLetterParameters } from "./dead-letter-parameters.ts";
import type { May } from "./may.ts";
import { aQueue } from "./may.ts";
import { describeMessage } from "./message.ts";
import { queueOf } from "./queue-of.ts";

/** `show` has an error message whole. */
const LISTED_MESSAGE_CHARACTERS = 4_096;

type Deps = Pick<AdminAppDeps, "broker" | "config" | "deadLetters" | "report"> & { readonly may: May };

/**
 * Dead letters and parked messages: looking at them, redriving them, deleting them. Any open queue will do, since one
 * may have been a dead-letter queue before.
 */
export function deadLettersRouter({ broker, config, deadLetters, report, may }: Deps): Router {
  const router = Router();

  const connected = (): DeadLetters => {
    const now = deadLetters();
    if (now !== undefined && broker()?.state !== "disconnected") return now;
    throw disconnected();
  };

  const asking = <Answer>(question: Promise<Answer>): Promise<Answer> => askBroker(question, report);

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
    const message = await asking(connected().show(queue, id));
    if (message === undefined) throw new Problem(404, `${queue} has no dead letter "${id}"`);
    answerJson(response, 200, describeMessage(message));
  });

  router.post("/:queue/count", may("busbar:CountDeadLetters", aQueue), async (request, response) => {
    const { filter, to } = new DeadLetterParameters(request, ["to"]);
    answerJson(response, 200, await asking(connected().count(queueOf(request, config()), filter, to)));
  });

  router.post("/:queue/redrive", may("busbar:RedriveDeadLetters", aQueue), async (request, response) => {
    const { filter, redrive } = new DeadLetterParameters(request, ["to", "limit", "ratePerSecond"]);
    const queue = queueOf(request, config());
    const redriven = await asking(connected().redrive(queue, filter, redrive, gone(response)));
    const { startedAtMs, ...told } = redriven;
    answerJson(response, 200, { ...told, startedAt: new Date(startedAtMs).toISOString() });
  });

  router.post("/:queue/purge", may("busbar:PurgeDeadLetters", aQueue), async (request, response) => {
    const { filter } = new DeadLetterParameters(request);
    answerJson(response, 200, await asking(connected().purge(queueOf(request, config()), filter, gone(response))));
  });

  return router;
}

/** Fires when whoever asked has gone: nothing is begun any more that nobody would hear of. */
function gone(response: Response): AbortSignal {
  const leaving = new AbortController();
  response.once("close", () => leaving.abort());
  return leaving.signal;
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
