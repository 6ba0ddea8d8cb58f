import type { JsonObject } from "../../../json/json.ts";
import { albEvent } from "./alb.ts";
import type { DoorEventParts } from "./event-parts.ts";
import { payload2 } from "./payload-2.ts";
import { proxyEvent } from "./proxy-event.ts";

/** The event that a function is given for a request. */
export function eventOf(parts: DoorEventParts): JsonObject {
  switch (parts.door.payload) {
    case "2.0":
      return payload2(parts);
    case "1.0":
    case "rest":
      return proxyEvent(parts);
    case "alb":
      return albEvent(parts);
  }
}
