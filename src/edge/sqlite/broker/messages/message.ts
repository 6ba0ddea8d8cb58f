import type { Message, Received } from "../../../../domain/queue/message.ts";
import type { PackedMessages } from "./packed-messages.ts";
import type { StoredMessage } from "./stored-message.ts";

/** How long messages may take to be durable before their publish fails. */
export const CONFIRM_TIMEOUT_MS = 5_000;

/** A message as the port hands it out. */
export function asReceived(queue: string, { id, headers, body, crashes }: StoredMessage): Received {
  return {
    queue,
    id,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    headers: JSON.parse(headers) as Record<string, unknown>,
    crashes,
  };
}

/**
 * Messages as the worker takes them. The bodies are copied into a buffer of their own, which can be transferred:
 * posting a small Buffer would copy the whole pool that it is a part of.
 */
export function pack(messages: readonly Message[]): PackedMessages {
  const bodyBytes = messages.reduce((bytes, { body }) => bytes + body.length, 0);
  const bodies = new Uint8Array(bodyBytes);
  let at = 0;
  for (const { body } of messages) {
    bodies.set(body, at);
    at += body.length;
  }
  const envelopes = messages.map(({ queue, id, headers, body }) => ({
    queue,
    id,
    headers: JSON.stringify(headers),
    bodyBytes: body.length,
  }));
  return { envelopes, bodies };
}

/** Where to cut a list of messages so that no part exceeds `bytesMax` of bodies, unless a single message does. */
export function slices(messages: readonly Message[], bytesMax: number): { first: number; messages: Message[] }[] {
  const parts: { first: number; messages: Message[] }[] = [];
  let bytes = Infinity;
  for (const [index, message] of messages.entries()) {
    bytes += message.body.length;
    const part = parts.at(-1);
    if (part !== undefined && bytes <= bytesMax) part.messages.push(message);
    else {
      parts.push({ first: index, messages: [message] });
      bytes = message.body.length;
    }
  }
  return parts;
}
