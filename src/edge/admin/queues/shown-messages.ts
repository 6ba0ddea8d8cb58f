import type { ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import type { QueueMessagesAnswer } from "../../../admin-api/queues/queues.ts";
import { describeMessage } from "../../../admin-api/queues/queues.ts";
import type { Received } from "../../../domain/queue/message.ts";
import { SHOWN_BYTES_MAX } from "../../../ports/broker/inspector.ts";
import { answerJson } from "../../http/answer.ts";

/** @param bytesMax bodies with which an answer ends. */
export function messagesAnswer(
  messages: readonly Received[],
  limit: number,
  bytesMax = SHOWN_BYTES_MAX,
): QueueMessagesAnswer {
  const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
  const end = messages.length >= limit ? "limit" : bytes >= bytesMax ? "bytes" : "finished";
  return { messages: messages.map(describeMessage), end };
}

/** Resolves with whether the whole answer was handed to the operating system. */
export async function isAnswered(value: unknown, response: ServerResponse): Promise<boolean> {
  try {
    answerJson(response, 200, value);
    await finished(response);
    return true;
  } catch {
    return false;
  }
}
