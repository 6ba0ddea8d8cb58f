import type { Identity } from "../../../domain/arn.ts";
import { brokerArn } from "../../../domain/arn.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import type { HeldMessage } from "../../../ports/broker/holds.ts";

/** A record of an `aws:rmq` event. Of a message's properties the broker's port has the id and the headers; the others are null. */
export function rmqRecord({ message, receives }: HeldMessage): JsonObject {
  const { id, body, headers } = message;
  const shown = Object.entries(headers).map(([name, value]): [string, Json] => [name, headerValue(value)]);
  return {
    basicProperties: {
      contentType: null,
      contentEncoding: null,
      headers: shown.length === 0 ? null : Object.fromEntries(shown),
      deliveryMode: null,
      priority: null,
      correlationId: null,
      replyTo: null,
      expiration: null,
      messageId: id,
      timestamp: null,
      type: null,
      userId: null,
      appId: null,
      clusterId: null,
      bodySize: body.length,
    },
    redelivered: receives > 1,
    data: body.toString("base64"),
  };
}

/** Lambda shows a text as its bytes, as RabbitMQ's Java client has it. */
function headerValue(value: unknown): Json {
  if (typeof value === "string") return { bytes: [...Buffer.from(value)] };
  if (Buffer.isBuffer(value)) return { bytes: [...value] };
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}

/** The event with such records. Its key names the queue and the virtual host. */
export function rmqEvent(records: readonly string[], queue: string, virtualHost: string, identity: Identity): string {
  const key = JSON.stringify(`${queue}::${virtualHost}`);
  const arn = JSON.stringify(brokerArn(identity));
  return `{"eventSource":"aws:rmq","eventSourceArn":${arn},"rmqMessagesByQueue":{${key}:[${records.join(",")}]}}`;
}
