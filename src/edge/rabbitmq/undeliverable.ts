import { PublishError } from "../../ports/publisher.ts";
import type { Received } from "../../domain/queue/message.ts";
import { eventIdHeaders, messageFact, readEventId } from "../../domain/delivery/delivery-message.ts";
import type { DeadLetterFact } from "../../domain/facts.ts";
import { DEAD_LETTER_QUEUE } from "../../domain/queue/queues.ts";
import { queueOfDelayedRoute } from "./delays.ts";
import { direct } from "./message.ts";
import type { Outgoing } from "./publisher.ts";

export interface UndeliverableOptions {
  /** Makes a queue again, if it is one that we know. */
  readonly declareAgain: (queue: string) => Promise<void>;
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Called when the message has become a dead letter. */
  readonly onDeadLetter: (fact: DeadLetterFact) => void;
}

/**
 * Handles a message that the delay ladder had no queue for. Left in the ladder it would hold up everybody else's
 * messages on its level. Its queue is made again if this router knows it; if there is none after that, the message
 * is a dead letter. Resolves when it is stored in either place.
 */
export async function rescue(message: Received, routingKey: string, options: UndeliverableOptions): Promise<void> {
  const queue = queueOfDelayedRoute(routingKey);
  if (queue !== undefined && (await delivered({ ...message, queue }, options))) return;
  const explained = {
    ERROR_CODE: "NO_RESOURCE",
    ERROR_MESSAGE: `There is no queue "${queue ?? routingKey}".`,
  };
  const headers = { ...message.headers, ...eventIdHeaders(readEventId(message)), ...explained };
  await options.publish([direct({ ...message, queue: DEAD_LETTER_QUEUE, headers })]);
  options.onDeadLetter({ queue: DEAD_LETTER_QUEUE, reason: "target_gone", ...messageFact(message) });
}

async function delivered(message: Received, { declareAgain, publish }: UndeliverableOptions): Promise<boolean> {
  await declareAgain(message.queue);
  try {
    await publish([direct(message)]);
    return true;
  } catch (error) {
    if (error instanceof PublishError && error.failures[0]?.reason === "unroutable") return false;
    throw error;
  }
}
