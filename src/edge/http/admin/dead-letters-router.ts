import type { Request, Response } from "express";
import { Router } from "express";
import type { Config } from "../../../core/config.ts";
import type { DeadLetter } from "../../../core/dead-letter-reading.ts";
import type { DeadLetters } from "../../../core/dead-letters.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../../../core/queues.ts";
import { ruleKey } from "../../../core/rule.ts";
import { answerJson } from "../answer.ts";
import { Problem } from "../errors.ts";
import type { AdminAppDeps } from "./admin-app.ts";
import { DeadLetterParameters } from "./dead-letter-parameters.ts";
import { describeMessage } from "./message.ts";

type Deps = Pick<AdminAppDeps, "broker" | "config" | "deadLetters" | "report">;

/** Dead letters and parked messages: looking at them, redriving them, deleting them. */
export function deadLettersRouter({ broker, config, deadLetters, report }: Deps): Router {
  const router = Router();

  const connected = (): DeadLetters => {
    const now = deadLetters();
    if (now !== undefined && broker()?.state !== "disconnected") return now;
    throw new Problem(503, "the broker is disconnected", { retryAfterSeconds: 1 });
  };

  /** Whatever the broker cannot do now is no fault of the request. */
  const asking = async <Result>(question: Promise<Result>): Promise<Result> => {
    try {
      return await question;
    } catch (cause) {
      report(cause);
      throw new Problem(503, "the broker did not answer", { retryAfterSeconds: 1, cause });
    }
  };

  router.get("/", async (_request, response) => {
    const queues = await asking(
      Promise.all(
        deadLetterQueues(config()).map(async (name) => ({ name, ready: (await broker()?.depth(name))?.ready ?? 0 })),
      ),
    );
    answerJson(response, 200, { queues });
  });

  router.post("/:queue/list", async (request, response) => {
    const { filter, listLimit } = new DeadLetterParameters(request, ["limit"]);
    const listed = await asking(connected().list(queueOf(request, config()), filter, listLimit));
    answerJson(response, 200, { ...listed, deadLetters: listed.deadLetters.map(describe) });
  });

  router.post("/:queue/show", async (request, response) => {
    const { id } = new DeadLetterParameters(request);
    const queue = queueOf(request, config());
    const message = await asking(connected().show(queue, id));
    if (message === undefined) throw new Problem(404, `${queue} has no dead letter "${id}"`);
    answerJson(response, 200, describeMessage(message));
  });

  router.post("/:queue/count", async (request, response) => {
    const { filter, to } = new DeadLetterParameters(request, ["to"]);
    answerJson(response, 200, await asking(connected().count(queueOf(request, config()), filter, to)));
  });

  router.post("/:queue/redrive", async (request, response) => {
    const { filter, redrive } = new DeadLetterParameters(request, ["to", "limit", "ratePerSecond"]);
    const queue = queueOf(request, config());
    const redriven = await asking(connected().redrive(queue, filter, redrive, gone(response)));
    const { startedAtMs, ...told } = redriven;
    answerJson(response, 200, { ...told, startedAt: new Date(startedAtMs).toISOString() });
  });

  router.post("/:queue/purge", async (request, response) => {
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

/** Where dead letters are: the queues that the configuration names for them, and ours. */
function deadLetterQueues(config: Config): readonly string[] {
  const ofFunctions = [...config.functions.values()].map((fn) => fn.deadLetterQueue);
  const ofTargets = [...config.rules.values()].flatMap((rule) => rule.targets.map((target) => target.deadLetterQueue));
  const named = [...ofFunctions, ...ofTargets].filter((name) => name !== undefined);
  return [...new Set([...named, DEAD_LETTER_QUEUE, PARKED_QUEUE])];
}

/** Any configured queue will do, since one may have been a dead-letter queue before. */
function queueOf(request: Request, config: Config): string {
  const name = request.params["queue"];
  const known = typeof name === "string" && (config.queues.has(name) || deadLetterQueues(config).includes(name));
  if (known) return name;
  throw new Problem(
    404,
    `there is no queue "${String(name)}": it must be configured, or be ${DEAD_LETTER_QUEUE} or ${PARKED_QUEUE}`,
  );
}

function describe({ atMs, origin, ...told }: DeadLetter): object {
  return {
    ...told,
    ...(atMs === undefined ? {} : { time: timeText(atMs) }),
    ...(origin === undefined ? {} : { rule: ruleKey(origin.bus, origin.rule), target: origin.target }),
  };
}

/** A header may say anything; what is no time is not told. */
function timeText(epochMs: number): string | undefined {
  const time = new Date(epochMs);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
