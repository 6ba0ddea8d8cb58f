import type { Request, Response } from "express";
import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import { SENT_BYTES_MAX, sendBody } from "../../../admin-api/queues/queues.ts";
import type { Config } from "../../../domain/config.ts";
import { HEADER } from "../../../domain/delivery/headers.ts";
import type { Limit } from "../../../domain/limits.ts";
import { fifoHeaders } from "../../../domain/queue/fifo.ts";
import { attributeHeaders } from "../../../domain/queue/message-attributes.ts";
import type { QueueConfig } from "../../../domain/queue/queue-config.ts";
import { queueSetting } from "../../../domain/queue/queue-config.ts";
import { tryParseExactly } from "../../../json/exact-json.ts";
import type { Inspector } from "../../../ports/broker/inspector.ts";
import type { MessageQueues, OutgoingMessage } from "../../../ports/message-queues.ts";
import { RECEIVE_BYTES_MAX } from "../../../ports/message-queues.ts";
import { readBody, utf8Text } from "../../http/body.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { AskBroker, May } from "../request.ts";
import { callerOf, queueOf } from "../request.ts";
import { serveOn, serveWritingOn } from "../serve.ts";
import { isAnswered, messagesAnswer } from "./shown-messages.ts";
import { takeOut } from "./taking-out.ts";

export interface MessagesOptions {
  /** Throws the answer to the request while there is no connection. */
  readonly inspector: () => Inspector;
  readonly queues: () => MessageQueues;
  readonly config: () => Config;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly may: May;
  readonly ask: AskBroker;
}

/** Messages of the open queues, to send and to receive. */
export function messagesRouter({ inspector, queues, config, nowMs, newId, may, ask }: MessagesOptions): Router {
  const router = Router();
  const queueNamed = (path: { readonly queue: string }): QueueConfig => {
    const name = queueOf(path, config());
    return config().queues.get(name) ?? { name };
  };

  serveOn(router, may)(OPERATIONS.sendMessage, async ({ request, response, path }) => {
    const queue = queueNamed(path);
    const { delaySeconds, ...given } = await givenMessage(request, response, queue);
    const { id: sender } = callerOf(request);
    const headers = {
      ...given.headers,
      ...placeHeaders(given.messageGroupId, given.messageDeduplicationId ?? newId(), queue),
      [HEADER.sentAt]: nowMs(),
      ...(sender === undefined ? {} : { [HEADER.senderId]: sender }),
    };
    const outgoing: OutgoingMessage = { id: newId(), body: given.body, headers, delaySeconds };
    const [sent] = await ask(queues().send(queue, [outgoing]));
    if (sent !== undefined) return { id: sent.id };
    throw new HttpProblem(503, "the message was not stored", { retryAfterSeconds: 1 });
  });

  serveWritingOn(router, may)(OPERATIONS.receiveMessages, async ({ request, response, path, query }) => {
    const queue = queueNamed(path);
    // What is deleted at once is hidden from nobody, and counts no receive. In a FIFO queue groups are locked meanwhile.
    if (query.delete === "true" && query.waitSeconds === 0 && queue.fifo !== true) {
      return takeOut(queue.name, query.limit, inspector(), response, ask);
    }
    await receive(queue, query, request, response, queues(), ask);
  });

  return router;
}

interface ReceiveQuery {
  readonly limit: number;
  readonly waitSeconds: number;
  readonly visibilitySeconds?: number;
  readonly delete: "true" | "false";
}

/** Hides messages, shows them, and deletes them where that is wanted. What could not be shown is given back. */
async function receive(
  queue: QueueConfig,
  { limit, waitSeconds, visibilitySeconds, delete: isDeleting }: ReceiveQuery,
  request: Request,
  response: Response,
  queues: MessageQueues,
  ask: AskBroker,
): Promise<void> {
  const hiddenSeconds = visibilitySeconds ?? queueSetting(queue, "visibilityTimeoutSeconds");
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const received = await ask(
    queues.receive(queue, {
      share: callerOf(request).share,
      limit,
      waitSeconds,
      visibilityTimeoutSeconds: hiddenSeconds,
      signal: gone.signal,
      onWait: () => undefined,
    }),
  );
  if (typeof received === "string") throw receiveProblem(received, queue);
  const { messages, release } = received;
  const shown = messagesAnswer(
    messages.map(({ message }) => message),
    limit,
    RECEIVE_BYTES_MAX,
  );
  const isShown = await isAnswered(isDeleting === "true" ? shown : { ...shown, hiddenSeconds }, response);
  release();
  const receipts = messages.map(({ receipt }) => receipt);
  if (!isShown) {
    await queues.hide(
      queue,
      receipts.map((receipt) => ({ receipt, invisibleMs: 0 })),
    );
  } else if (isDeleting === "true") await queues.delete(queue, receipts);
}

function receiveProblem(refusal: "no-queue" | "no-room" | "too-many-held", { name }: QueueConfig): HttpProblem {
  switch (refusal) {
    case "no-queue":
      return new HttpProblem(503, `the broker does not have the queue "${name}" now`, { retryAfterSeconds: 1 });
    case "no-room":
      return new HttpProblem(503, "too much is in flight at this router", { retryAfterSeconds: 1 });
    case "too-many-held":
      return new HttpProblem(409, "this router holds as many messages as it may");
  }
}

function placeHeaders(groupId: string | undefined, deduplicationId: string, queue: QueueConfig) {
  if (groupId === undefined) return {};
  return queue.fifo === true ? fifoHeaders(queue, { groupId, deduplicationId }) : { [HEADER.messageGroupId]: groupId };
}

const BODY_LIMIT: Limit = { max: SENT_BYTES_MAX, exceeded: () => undefined };

async function givenMessage(request: Request, response: Response, queue: QueueConfig) {
  const room = { tryTake: () => true, release: () => undefined };
  const read = await readBody(request, response, { limit: BODY_LIMIT, budget: room });
  if (!read.ok && read.reason === "too-large")
    throw new HttpProblem(413, `a request has ${BODY_LIMIT.max} bytes at most`);
  const parsed = sendBody.safeParse(read.ok ? tryParseExactly(utf8Text(read.body) ?? "") : undefined);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new HttpProblem(
      400,
      `the body is wrong: ${issue?.path.join(".") ?? ""} ${(issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message) ?? ""}`,
    );
  }
  const { attributes, delaySeconds, messageGroupId, messageDeduplicationId } = parsed.data;
  if (queue.fifo === true && delaySeconds !== undefined)
    throw new HttpProblem(400, "delaySeconds is not for a message of a FIFO queue: a delay is the queue's");
  if (queue.fifo === true && messageGroupId === undefined)
    throw new HttpProblem(400, "messageGroupId is missing: the queue is a FIFO queue");
  if (queue.fifo !== true && messageDeduplicationId !== undefined)
    throw new HttpProblem(400, "messageDeduplicationId is for messages of FIFO queues");
  const body = Buffer.from(parsed.data.body);
  const bytes = Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}${value}`),
    body.length,
  );
  const bytesMax = queueSetting(queue, "maximumMessageBytes");
  if (bytes > bytesMax) throw new HttpProblem(413, `a message of "${queue.name}" has ${bytesMax} bytes at most`);
  const typed = Object.entries(attributes).map(([name, value]) => {
    const type = typeof value === "number" ? "Number" : "String";
    return [name, { type, value: String(value) }] as const;
  });
  const headers = attributeHeaders(new Map(typed));
  return { body, delaySeconds, messageGroupId, messageDeduplicationId, headers };
}
