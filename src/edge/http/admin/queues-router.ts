import type { Request } from "express";
import { Router } from "express";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../../../core/queues.ts";
import { answerJson } from "../answer.ts";
import { Problem } from "../errors.ts";
import type { AdminAppDeps, QueuesBroker } from "./admin-app.ts";
import { describeMessage } from "./message.ts";
import { receive, takeUpTo } from "./receive.ts";

const LIMIT_DEFAULT = 10;
const LIMIT_MAX = 100;

/** The configured queues, and the two of ours in which people look for what went wrong. */
export function queuesRouter({ broker, config, report }: Pick<AdminAppDeps, "broker" | "config" | "report">): Router {
  const router = Router();
  const names = (): readonly string[] => [...config().queues.keys(), DEAD_LETTER_QUEUE, PARKED_QUEUE];

  /** Queues outside of the list are the routers' own business: a message taken from one would be lost to its function. */
  const queueOf = (request: Request): string => {
    const name = request.params["name"];
    if (typeof name === "string" && names().includes(name)) return name;
    throw new Problem(
      404,
      `there is no queue "${String(name)}": it must be configured, or be ${DEAD_LETTER_QUEUE} or ${PARKED_QUEUE}`,
    );
  };

  /** Whatever the broker cannot do now is no fault of the request. */
  const asking = async <Result>(question: Promise<Result>): Promise<Result> => {
    try {
      return await question;
    } catch (cause) {
      if (cause instanceof Problem) throw cause;
      report(cause);
      throw new Problem(503, "the broker did not answer", { retryAfterSeconds: 1, cause });
    }
  };

  const connected = (): QueuesBroker => {
    const now = broker();
    if (now !== undefined && now.state !== "disconnected") return now;
    throw new Problem(503, "the broker is disconnected", { retryAfterSeconds: 1 });
  };

  router.get("/", async (_request, response) => {
    const queues = await asking(
      Promise.all(names().map(async (name) => ({ name, ...((await connected().depth(name)) ?? NOT_THERE) }))),
    );
    answerJson(response, 200, { queues });
  });

  router.post("/:name/peek", async (request, response) => {
    const messages = await asking(connected().peek(queueOf(request), limitOf(request)));
    answerJson(response, 200, { messages: messages.map(describeMessage) });
  });

  router.post("/:name/receive", async (request, response) => {
    const taken = await asking(takeUpTo(limitOf(request), queueOf(request), connected()));
    await receive(taken, response);
  });

  router.post("/:name/purge", async (request, response) => {
    answerJson(response, 200, { purged: await asking(connected().purge(queueOf(request))) });
  });

  return router;
}

/** A queue that somebody deleted holds nothing; it is made again when next it is needed. */
const NOT_THERE = { ready: 0, consumers: 0 };

function limitOf(request: Request): number {
  const text = request.query["limit"] ?? String(LIMIT_DEFAULT);
  const limit = typeof text === "string" && /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new Problem(400, `limit must be 1..${LIMIT_MAX}`);
}
