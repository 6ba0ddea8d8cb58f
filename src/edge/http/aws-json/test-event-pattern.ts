import type { Json, JsonObject } from "../../../core/json.ts";
import { isJsonObject, parseJson } from "../../../core/json.ts";
import { parsePattern } from "../../../pattern/parse.ts";
import { indexRules } from "../../../pattern/rule-index.ts";
import { AwsError } from "../errors.ts";
import { requiredString } from "./input.ts";

const EVENT_FIELDS = ["id", "account", "source", "time", "region", "detail-type"];

/**
 * TestEventPattern: whether an event, given as JSON text, matches a pattern, given as JSON text. What routes events
 * answers it.
 */
export function testEventPattern(input: JsonObject): JsonObject {
  const patternText = requiredString(input, "EventPattern");
  const eventText = requiredString(input, "Event");
  const parsed = parsePattern(patternText);
  if (!parsed.ok) {
    throw new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${parsed.reason}`);
  }
  const fitting = indexRules([parsed]).match(Buffer.from(eventText));
  if (fitting === "unreadable" || !hasFields(parseJson(eventText))) {
    throw new AwsError("ValidationException", "Parameter Event is not valid.");
  }
  if (fitting === "too costly") {
    throw new AwsError(
      "ValidationException",
      "Matching the event takes too many steps: it is too large for the pattern.",
    );
  }
  return { Result: fitting.length > 0 };
}

/** An event needs the fields that every event has; only its resources and detail may be left out. */
function hasFields(event: Json | undefined): boolean {
  return isJsonObject(event) && EVENT_FIELDS.every((field) => Object.hasOwn(event, field));
}
