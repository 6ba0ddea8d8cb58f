import type { ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import type { Broker, Taken } from "../../../core/broker.ts";
import { answerJson } from "../answer.ts";
import { describeMessage } from "./message.ts";

/** How long to wait for one more message before the queue counts as empty. */
const TAKE_MS_MAX = 500;
/** One answer holds no more than this, one message at least. */
const TAKEN_BYTES_MAX = 8 * 1_048_576;

/** Takes messages until there are `limit`, or enough bytes, or no more. They are neither settled nor given back yet. */
export async function takeUpTo(limit: number, queue: string, broker: Pick<Broker, "take">): Promise<readonly Taken[]> {
  const all: Taken[] = [];
  let bytes = 0;
  try {
    while (all.length < limit && bytes < TAKEN_BYTES_MAX) {
      const taken = await broker.take(queue, AbortSignal.timeout(TAKE_MS_MAX));
      if (taken === undefined) break;
      all.push(taken);
      bytes += taken.message.body.length;
    }
  } catch (error) {
    await Promise.allSettled(all.map((taken) => taken.giveBack()));
    throw error;
  }
  return all;
}

/**
 * Answers with the messages, and removes them from the queue once the answer has been handed to the operating
 * system. So a message is never lost here before it was sent; when the connection breaks before that, or the broker
 * does not hear the removal, it comes again.
 */
export async function receive(taken: readonly Taken[], response: ServerResponse): Promise<void> {
  const sent = await send({ messages: taken.map(({ message }) => describeMessage(message)) }, response);
  await Promise.all(taken.map((one) => (sent ? one.ack() : one.giveBack())));
}

async function send(value: unknown, response: ServerResponse): Promise<boolean> {
  try {
    answerJson(response, 200, value);
    await finished(response);
    return true;
  } catch {
    return false;
  }
}
