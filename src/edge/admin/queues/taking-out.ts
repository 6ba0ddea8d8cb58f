import type { ServerResponse } from "node:http";
import type { Browsed, Browsing, Inspector } from "../../../ports/broker/inspector.ts";
import { SHOWN_BYTES_MAX } from "../../../ports/broker/inspector.ts";
import type { AskBroker } from "../request.ts";
import { isAnswered, messagesAnswer } from "./shown-messages.ts";

/**
 * Answers with messages, and removes them from the queue once the operating system has the answer: no message is
 * lost here before it was sent. A message stays in the queue when the connection breaks before that, or when the broker
 * does not get the removal.
 */
export async function takeOut(
  queue: string,
  limit: number,
  inspector: Inspector,
  response: ServerResponse,
  ask: AskBroker,
): Promise<void> {
  const { messages, end } = await ask(holdUpTo(limit, queue, inspector));
  try {
    const received = messages.map(({ message }) => message);
    const isSent = await isAnswered(messagesAnswer(received, limit), response);
    if (isSent) await Promise.all(messages.map((message) => message.remove()));
  } finally {
    await end();
  }
}

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
