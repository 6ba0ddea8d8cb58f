import { createHash } from "node:crypto";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { readRendered } from "../../domain/delivery/delivery-message.ts";
import { HEADER } from "../../domain/delivery/headers.ts";
import type { Received } from "../../domain/queue/message.ts";
import { tryParseExactly } from "../../json/exact-json.ts";
import type { Json } from "../../json/json.ts";
import { parsePath, selectPath } from "../../json/json-path.ts";

/** A longer key is known by its digest. */
const KEY_CHARACTERS_MAX = 256;

/**
 * The key of a delivery: what the path finds in its event, as JSON text, so that the number 1 and the text "1" are two keys.
 * Of a record, or a schedule's input, it is what the path finds in that.
 *
 * @returns undefined where it finds nothing, or null.
 */
export function orderKeyOf({ body, rendered }: Pick<Delivery, "body" | "rendered">, path: string): string | undefined {
  const parsed = parsePath(path);
  // Of a payload that is redriven, the event is kept beside it where it is not too long.
  const json = rendered?.eventJson ?? body.toString();
  const event = parsed.ok ? tryParseExactly(json) : undefined;
  const value = parsed.ok && event !== undefined ? selectPath(parsed.path, event) : undefined;
  if (value === undefined || value === null) return undefined;
  const text = asText(value);
  if (text === undefined || text.length <= KEY_CHARACTERS_MAX) return text;
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** Undefined for what is nested too deeply to be written. */
function asText(value: Json): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** The lane of a message: that of its key. One without a key, or that is no event, has a lane of its own. */
export function laneOf({ body, headers }: Pick<Received, "body" | "headers">, id: string, path: string): string {
  const isOther = headers[HEADER.testFrom] !== undefined || headers[HEADER.keptFor] !== undefined;
  const rendered = readRendered(headers);
  const key = isOther ? undefined : orderKeyOf({ body, ...(rendered === undefined ? {} : { rendered }) }, path);
  return key === undefined ? `message ${id}` : `key ${key}`;
}

/** The key of a lane; undefined for that of one message. */
export function keyOfLane(lane: string): string | undefined {
  return lane.startsWith("key ") ? lane.slice("key ".length) : undefined;
}
