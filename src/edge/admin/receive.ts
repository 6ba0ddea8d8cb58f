import type { ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import type { QueueBrowser, QueueCounts } from "../../ports/inspector.ts";
import type { Browsed, Browsing } from "../../ports/inspector.ts";
import type { Received } from "../../domain/queue/message.ts";
import { SHOWN_BYTES_MAX } from "../../ports/inspector.ts";
import { answerJson } from "../http/answer.ts";
import { describeMessage } from "./message.ts";

/** Messages that nobody else is handed, until `end`. */
interface Receipt {
  readonly messages: readonly Browsed[];
  readonly end: () => Promise<void>;
}

/** Takes messages until there are `limit`, or enough bytes, or no more. They are not removed from the queue yet. */
export async function takeUpTo(limit: number, queue: string, broker: QueueBrowser & QueueCounts): Promise<Receipt> {
  if ((await broker.depth(queue)) === undefined) return { messages: [], end: () => Promise.resolve() };
  const browsing = await broker.browse(queue);
  try {
    return { messages: await upTo(limit, browsing), end: () => browsing.end() };
  } catch (error) {
    await browsing.end();
    throw error;
  }
}

async function upTo(limit: number, browsing: Browsing): Promise<readonly Browsed[]> {
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

/** The messages as people are shown them, and why they are no more. */
export function shownMessages(messages: readonly Received[], limit: number) {
  const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
  const end = messages.length >= limit ? "limit" : bytes >= SHOWN_BYTES_MAX ? "bytes" : "finished";
  return { messages: messages.map(describeMessage), end };
}

/**
 * Answers with the messages, and removes them from the queue once the answer has been handed to the operating
 * system. So a message is never lost here before it was sent. When the connection breaks before that, or the broker
 * does not hear the removal, it comes again.
 */
export async function receiveMessages(
  { messages, end }: Receipt,
  limit: number,
  response: ServerResponse,
): Promise<void> {
  try {
    const received = messages.map(({ message }) => message);
    const sent = await send(shownMessages(received, limit), response);
    if (sent) await Promise.all(messages.map((message) => message.remove()));
  } finally {
    await end();
  }
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
