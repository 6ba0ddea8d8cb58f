import { EventStreamCodec } from "@smithy/core/event-streams";

/** Of answers that are event streams (Smithy, "Amazon Event Stream Specification"). */
export const EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream";

const CODEC = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
);

/** One event of a stream: `:message-type` event, and these headers. */
export function eventFrame(eventType: string, contentType: string, body: Buffer): Buffer {
  const text = (value: string) => ({ type: "string", value }) as const;
  const headers = {
    ":message-type": text("event"),
    ":event-type": text(eventType),
    ":content-type": text(contentType),
  };
  return Buffer.from(CODEC.encode({ headers, body }));
}
