import { createHmac } from "node:crypto";

/**
 * The headers by which a receiver knows that a call is ours, and when it was made: the Standard Webhooks scheme, version 1
 * (HMAC-SHA256). One signature for each key: a receiver that knows any of them is content.
 *
 * @param id the same on every attempt, so that a receiver can tell a call that it has seen.
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
