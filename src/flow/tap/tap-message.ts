import type { Json } from "../../json/json.ts";
import { isJsonObject, parseJson } from "../../json/json.ts";
import type { TapRequest } from "../../domain/tap/tap.ts";
import type { TailFrame } from "../../ports/tail.ts";

/**
 * The messages between routers about taps. `tap` (to all) sets or renews one, `end` (to all) takes it away, `frame` (to
 * its asker) has what one router saw. `from` is the asker's address.
 */
export type TapMessage =
  | { readonly type: "tap"; readonly id: string; readonly from: string; readonly request: TapRequest }
  | { readonly type: "end"; readonly id: string }
  | { readonly type: "frame"; readonly id: string; readonly frame: TailFrame };

/** What every message of taps begins with. It has the version of the layout. */
const MARK = Buffer.from("busbar-tap/1\n");

/** The mark, and the message in JSON. */
export function encodeTapMessage(message: TapMessage): Buffer {
  return Buffer.concat([MARK, Buffer.from(JSON.stringify(message))]);
}

/** Undefined for a message of another kind, and for one that cannot be read. */
export function decodeTapMessage(bytes: Buffer): TapMessage | undefined {
  if (bytes.length < MARK.length || !bytes.subarray(0, MARK.length).equals(MARK)) return undefined;
  const message = parseJson(bytes.toString("utf8", MARK.length));
  if (!isJsonObject(message) || typeof message["id"] !== "string") return undefined;
  const { type, id, from } = message;
  if (type === "end") return { type, id };
  if (type === "tap") {
    const request = requestIn(message["request"]);
    return typeof from === "string" && request !== undefined ? { type, id, from, request } : undefined;
  }
  const frame = type === "frame" ? frameIn(message["frame"]) : undefined;
  return frame && { type: "frame", id, frame };
}

function requestIn(json: Json | undefined): TapRequest | undefined {
  if (!isJsonObject(json)) return undefined;
  const { bus, patternJson, eventsPerSecondMax, isWhole } = json;
  if (typeof bus !== "string" || typeof eventsPerSecondMax !== "number") return undefined;
  if (patternJson !== undefined && typeof patternJson !== "string") return undefined;
  return { bus, patternJson, eventsPerSecondMax, isWhole: isWhole === true };
}

/** Its events are of a router, and are not checked one by one. */
function frameIn(json: Json | undefined): TailFrame | undefined {
  if (!isJsonObject(json)) return undefined;
  const { events, seen, matching, shown } = json;
  if (![seen, matching, shown].every((count) => typeof count === "number") || !Array.isArray(events)) return undefined;
  return json as unknown as TailFrame;
}
