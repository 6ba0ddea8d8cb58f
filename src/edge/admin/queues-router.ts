import type { ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import { Router } from "express";
import type { QueueListAnswer, QueueMessagesAnswer, QueuePurgeAnswer } from "../../admin-api/queues.ts";
import { describeMessage, queueParameters } from "../../admin-api/queues.ts";
import type { Config } from "../../domain/config.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { Browsed, Browsing, Inspector } from "../../ports/inspector.ts";
import { SHOWN_BYTES_MAX } from "../../ports/inspector.ts";
import { answerJson } from "../http/answer.ts";
import type { AskBroker, May } from "./request.ts";
import { aQueue, askQueues, openQueues, parametersOf, queueOf } from "./request.ts";

export interface QueuesOptions {
  /** Throws the answer to the request while there is no connection. */
  readonly inspector: () => Inspector;
  readonly config: () => Config;
  readonly may: May;
  readonly ask: AskBroker;
}

/** The open queues: their depths, and the messages in them, to peek at, receive and purge. */
export function queuesRouter({ inspector, config, may, ask }: QueuesOptions): Router {
  const router = Router();

  router.get("/", may("busbar:ListQueues"), async (_request, response) => {
    const depths = askQueues(openQueues(config()), async (name) => (await inspector().depth(name)) ?? NOT_THERE);
    answerJson(response, 200, { queues: await ask(depths) } satisfies QueueListAnswer);
  });

  router.post("/:queue/peek", may("busbar:PeekQueue", aQueue), async (request, response) => {
    const { limit } = parametersOf(request, queueParameters);
    const messages = await ask(inspector().peek(queueOf(request, config()), limit));
    answerJson(response, 200, messagesAnswer(messages, limit));
  });

  router.post("/:queue/receive", may("busbar:ReceiveMessages", aQueue), async (request, response) => {
    const { limit } = parametersOf(request, queueParameters);
    const held = await ask(holdUpTo(limit, queueOf(request, config()), inspector()));
    await handOut(held, limit, response);
  });

  router.post("/:queue/purge", may("busbar:PurgeQueue", aQueue), async (request, response) => {
    const purged = await ask(inspector().purge(queueOf(request, config())));
    answerJson(response, 200, { purged } satisfies QueuePurgeAnswer);
  });

  return router;
}

/** Somebody deleted the queue. The router declares it again when it next needs it. */
const NOT_THERE = { ready: 0, consumers: 0 };

/** Messages that nobody else gets until `end`. */
interface Held {
  readonly messages: readonly Browsed[];
  readonly end: () => Promise<void>;
}

/** Holds messages until there are `limit`, or enough bytes, or no more. They stay in the queue. */
async function holdUpTo(limit: number, queue: string, inspector: Inspector): Promise<Held> {
  if ((await inspector.depth(queue)) === undefined) return { messages: [], end: () => Promise.resolve() };
  const browsing = await inspector.browse(queue);
  try {
    return { messages: await nextUpTo(limit, browsing), end: () => browsing.end() };
  } catch (error) {
    await browsing.end();
    throw error;
  }
}

async function nextUpTo(limit: number, browsing: Browsing): Promise<readonly Browsed[]> {
  const all: Browsed[] = [];
  let bytes = 0;
  while (all.length < limit && bytes < SHOWN_BYTES_MAX) {
    const step = await browsing.next(limit - all.length);
    if (step.length === 0) break;
    all.push(...step);
    for (const { message } of step) bytes += message.body.length;
  }
  return all;
}

/**
 * Answers with the messages, and removes them from the queue once the operating system has the answer: no message is
 * lost here before it was sent. A message stays in the queue when the connection breaks before that, or when the broker
 * does not get the removal.
 */
async function handOut({ messages, end }: Held, limit: number, response: ServerResponse): Promise<void> {
  try {
    const received = messages.map(({ message }) => message);
    const sent = await send(messagesAnswer(received, limit), response);
    if (sent) await Promise.all(messages.map((message) => message.remove()));
  } finally {
    await end();
  }
}

function messagesAnswer(messages: readonly Received[], limit: number): QueueMessagesAnswer {
  const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
  const end = messages.length >= limit ? "limit" : bytes >= SHOWN_BYTES_MAX ? "bytes" : "finished";
  return { messages: messages.map(describeMessage), end };
}

/** Resolves with whether the whole answer was handed to the operating system. */
async function send(value: unknown, response: ServerResponse): Promise<boolean> {
  try {
    answerJson(response, 200, value);
    await finished(response);
    return true;
  } catch {
    return false;
  }
}
