import { NO_QUEUE_OBSERVER } from "./no-queue-observer.ts";
import type { MessageQueues } from "../../src/ports/message-queues.ts";

const nobody = () => Promise.reject(new Error("nobody speaks SQS here"));

/** The queues of a router to which nobody speaks SQS. */
export const NO_QUEUES: MessageQueues = {
  observer: NO_QUEUE_OBSERVER,
  send: nobody,
  receive: nobody,
  ready: nobody,
  delete: nobody,
  hide: nobody,
  waitingPolls: new Map(),
  requireBrowsable: () => undefined,
  countsOfOneRouter: () => false,
  oldestSentAtMs: nobody,
  counts: nobody,
  purge: nobody,
};
