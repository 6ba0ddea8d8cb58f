import type { Json } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { markedJson } from "../../json/marked-json.ts";
import type { TapRequest } from "../../domain/tap/tap.ts";
import type { TailFrame } from "../../ports/admin/tail.ts";

/**
 * The messages between routers about taps. `tap` (to all) sets or renews one, `end` (to all) takes it away, `frame` (to
 * its asker) has what one router saw. `from` is the asker's address.
 */
export type TapMessage =
  | { readonly type: "tap"; readonly id: string; readonly from: string; readonly request: TapRequest }
  | { readonly type: "end"; readonly id: string }
  | { readonly type: "frame"; readonly id: string; readonly frame: TailFrame };

const layout = markedJson("busbar-tap/1");

export function encodeTapMessage(message: TapMessage): Buffer {
  return layout.encode(message);
}

/** Undefined for a message of another kind, and for one that cannot be read. */
export function decodeTapMessage(bytes: Buffer): TapMessage | undefined {
  const message = layout.decode(bytes);
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

/** Its events are of a router, and are not checked one by one. An older router does not say what it passed over. */
function frameIn(json: Json | undefined): TailFrame | undefined {
  if (!isJsonObject(json)) return undefined;
  const { events, seen, matching, passedOver = 0, shown } = json;
  const counts = [seen, matching, passedOver, shown];
  if (!counts.every((count) => typeof count === "number") || !Array.isArray(events)) return undefined;
  return { ...json, passedOver } as unknown as TailFrame;
}
