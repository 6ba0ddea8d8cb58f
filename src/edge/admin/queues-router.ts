import type { Request } from "express";
import { Router } from "express";
import { answerJson } from "../http/answer.ts";
import { HttpProblem } from "../http/errors.ts";
import type { AdminAppDeps, QueuesBroker } from "./admin-app.ts";
import { askBroker, askQueues, disconnected } from "./ask-broker.ts";
import type { May } from "./may.ts";
import { aQueue } from "./may.ts";
import { openQueues, queueOf } from "./queue-of.ts";
import { receiveMessages, shownMessages, takeUpTo } from "./receive.ts";

const LIMIT_DEFAULT = 10;
const LIMIT_MAX = 100;

type Deps = Pick<AdminAppDeps, "broker" | "config" | "report"> & { readonly may: May };

/** The open queues: how many messages wait there, looking at them, taking them, deleting them. */
export function queuesRouter({ broker, config, report, may }: Deps): Router {
  const router = Router();
  const asking = <Answer>(question: Promise<Answer>): Promise<Answer> => askBroker(question, report);

  const connected = (): QueuesBroker => {
    const now = broker();
    if (now !== undefined && now.state !== "disconnected") return now;
    throw disconnected();
  };

  router.get("/", may("busbar:ListQueues"), async (_request, response) => {
    const asked = askQueues(openQueues(config()), async (name) => (await connected().depth(name)) ?? NOT_THERE);
    answerJson(response, 200, { queues: await asking(asked) });
  });

  router.post("/:queue/peek", may("busbar:PeekQueue", aQueue), async (request, response) => {
    const limit = limitOf(request);
    const messages = await asking(connected().peek(queueOf(request, config()), limit));
    answerJson(response, 200, shownMessages(messages, limit));
  });

  router.post("/:queue/receive", may("busbar:ReceiveMessages", aQueue), async (request, response) => {
    const limit = limitOf(request);
    const taken = await asking(takeUpTo(limit, queueOf(request, config()), connected()));
    await receiveMessages(taken, limit, response);
  });

  router.post("/:queue/purge", may("busbar:PurgeQueue", aQueue), async (request, response) => {
    answerJson(response, 200, { purged: await asking(connected().purge(queueOf(request, config()))) });
  });

  return router;
}

/** A queue that somebody deleted holds nothing; it is made again when next it is needed. */
const NOT_THERE = { ready: 0, consumers: 0 };

function limitOf(request: Request): number {
  const text = request.query["limit"] ?? String(LIMIT_DEFAULT);
  const limit = typeof text === "string" && /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new HttpProblem(400, `limit must be 1..${LIMIT_MAX}`);
}
