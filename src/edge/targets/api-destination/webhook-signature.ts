import { createHmac } from "node:crypto";

/**
 * The headers that prove to a receiver who made a call, and when: the Standard Webhooks scheme, version 1 (HMAC-SHA256).
 * They have one signature for each key, and a receiver that knows one of the keys accepts the call.
 *
 * @param id the same on every attempt, so that a receiver recognizes a repeated call.
 */
export function webhookSignature(
  keys: readonly Buffer[],
  id: string,
  body: Buffer,
  nowMs: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = keys.map((key) => {
    const signature = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
    return `v1,${signature}`;
  });
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
