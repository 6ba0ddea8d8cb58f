import { isUtf8 } from "node:buffer";
import type { Received } from "../../domain/queue/message.ts";

/** A message as the admin API shows it. */
export interface ShownMessage {
  readonly id: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The body as text; bytes that are no UTF-8 are replaced in it. */
  readonly body: string;
  /** The body as it is, when it is no UTF-8. */
  readonly bodyBase64?: string;
}

/** A message for people to read. Its headers may be anything, and JSON has no word for a bigint. */
export function describeMessage({ id, headers, body }: Received): ShownMessage {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === "bigint" ? String(value) : value,
  ]);
  return {
    id,
    headers: Object.fromEntries(entries) as Record<string, unknown>,
    body: body.toString("utf8"),
    ...(isUtf8(body) ? {} : { bodyBase64: body.toString("base64") }),
  };
}
