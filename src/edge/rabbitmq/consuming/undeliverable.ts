import { queueGoneLetter } from "../../../domain/failure/dead-letter.ts";
import type { DeadLetterFact } from "../../../domain/facts.ts";
import type { Received } from "../../../domain/queue/message.ts";
import { PublishError } from "../../../ports/broker/publisher.ts";
import { queueOfDelayedRoute } from "../topology/delay-ladder.ts";
import { direct } from "../publishing/message.ts";
import type { Outgoing } from "../publishing/publisher.ts";

export interface UndeliverableOptions {
  /** Makes a queue again, if it is one that this router knows. */
  readonly declareAgain: (queue: string) => Promise<void>;
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Called when a dead letter is stored. */
  readonly onDeadLetter: (fact: DeadLetterFact) => void;
}

/**
 * Handles a message that the delay ladder had no queue for: left there, it would hold up everybody's messages of its
 * level. The message goes to its queue, which is made again if this router knows it; if the queue is still missing, the
 * message becomes a dead letter.
 *
 * @returns when the message is stored in either place.
 */
export async function rescue(message: Received, routingKey: string, options: UndeliverableOptions): Promise<void> {
  const queue = queueOfDelayedRoute(routingKey);
  if (queue !== undefined && (await delivered({ ...message, queue }, options))) return;
  const { letter, fact } = queueGoneLetter(message, queue ?? routingKey);
  await options.publish([direct(letter)]);
  options.onDeadLetter(fact);
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
