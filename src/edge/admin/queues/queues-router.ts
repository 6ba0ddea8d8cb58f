import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { QueueAnswer } from "../../../admin-api/queues/queues.ts";
import { FILLERS_MAX, LISTED_SOURCES_MAX } from "../../../admin-api/queues/queues.ts";
import type { Config } from "../../../domain/config.ts";
import { queueSetting } from "../../../domain/queue/queue-config.ts";
import { deadLetterSources, fillersOf } from "../../../domain/queue/queue-users.ts";
import type { Inspector } from "../../../ports/broker/inspector.ts";
import type { MessageQueues } from "../../../ports/message-queues.ts";
import type { AskBroker, May } from "../request.ts";
import { askQueues, openQueues, queueOf } from "../request.ts";
import { serveOn } from "../serve.ts";
import { messagesAnswer } from "./shown-messages.ts";

export interface QueuesOptions {
  /** Throws the answer to the request while there is no connection. */
  readonly inspector: () => Inspector;
  readonly queues: () => MessageQueues;
  readonly config: () => Config;
  readonly may: May;
  readonly ask: AskBroker;
}

/** The open queues: what each is and has, and the messages in them, to peek at and purge. */
export function queuesRouter({ inspector, queues, config, may, ask }: QueuesOptions): Router {
  const router = Router();
  const serve = serveOn(router, may);

  serve(OPERATIONS.listQueues, async () => ({
    queues: await ask(listed(config(), inspector())),
  }));

  serve(OPERATIONS.getQueue, async ({ path }) =>
    ask(described(queueOf(path, config()), config(), queues(), inspector())),
  );

  serve(OPERATIONS.peekQueue, async ({ path, query: { limit } }) =>
    messagesAnswer(await ask(inspector().peek(queueOf(path, config()), limit)), limit),
  );

  serve(OPERATIONS.purgeQueue, async ({ path }) => ({
    purged: await ask(inspector().purge(queueOf(path, config()))),
  }));

  return router;
}

/** Somebody deleted the queue. The router declares it again when it next needs it. */
const NOT_THERE = { ready: 0, consumers: 0 };

async function listed(config: Config, inspector: Inspector) {
  const depths = await askQueues(openQueues(config), async (name) => (await inspector.depth(name)) ?? NOT_THERE);
  const sources = deadLetterSources(config);
  return depths.map((depth) => {
    const ofThis = sources.get(depth.name)?.slice(0, LISTED_SOURCES_MAX);
    return { ...depth, ...originOf(depth.name, config), ...(ofThis && { deadLetterSources: ofThis }) };
  });
}

function originOf(name: string, { queues, places, made }: Config): Pick<QueueAnswer, "origin" | "place"> {
  const place = places?.queues.get(name);
  if (place !== undefined) return { origin: "file", place };
  return { origin: made?.queues.has(name) === true ? "api" : queues.has(name) ? "file" : "busbar" };
}

async function described(
  name: string,
  config: Config,
  queues: MessageQueues,
  inspector: Inspector,
): Promise<QueueAnswer> {
  const queue = config.queues.get(name) ?? { name };
  const [counts, depth, oldestSentAtMs] = await Promise.all([
    queues.counts(queue),
    inspector.depth(name),
    queues.oldestSentAtMs(queue),
  ]);
  const { description, messageRetentionSeconds, redrivePolicy, tags } = queue;
  const fillers = fillersOf(name, config);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...originOf(name, config),
    visibilityTimeoutSeconds: queueSetting(queue, "visibilityTimeoutSeconds"),
    delaySeconds: queueSetting(queue, "delaySeconds"),
    receiveWaitSeconds: queueSetting(queue, "receiveWaitSeconds"),
    maximumMessageBytes: queueSetting(queue, "maximumMessageBytes"),
    ...(messageRetentionSeconds === undefined ? {} : { messageRetentionSeconds }),
    ...(redrivePolicy === undefined ? {} : { redrivePolicy }),
    ...(tags === undefined ? {} : { tags }),
    visible: counts?.visible ?? 0,
    inFlight: counts?.invisible ?? 0,
    delayed: counts?.delayed ?? 0,
    countsOf: queues.countsOfOneRouter(queue) ? "router" : "all",
    ...(oldestSentAtMs === undefined ? {} : { oldestSentAtMs }),
    consumers: depth?.consumers ?? 0,
    waitingPolls: queues.waitingPolls.get(name) ?? 0,
    filledBy: fillers.slice(0, FILLERS_MAX),
    filledByMore: Math.max(0, fillers.length - FILLERS_MAX),
  };
}
