import type { JsonObject } from "../../../core/json.ts";
import { isJsonObject } from "../../../core/json.ts";
import { matches } from "../../../pattern/matches.ts";
import { parsePattern } from "../../../pattern/parse.ts";
import { AwsError } from "../errors.ts";
import { requiredString } from "./input.ts";

const EVENT_FIELDS = ["id", "account", "source", "time", "region", "detail-type"];

/** TestEventPattern: whether an event, given as JSON text, matches a pattern, given as JSON text. */
export function testEventPattern(input: JsonObject): JsonObject {
  const patternText = requiredString(input, "EventPattern");
  const eventText = requiredString(input, "Event");
  const parsed = parsePattern(patternText);
  if (!parsed.ok) {
    throw new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${parsed.reason}`);
  }
  return { Result: matches(parsed.pattern, parseEvent(eventText)) };
}

/** An event needs the fields that every event has; only its resources and detail may be left out. */
function parseEvent(text: string): JsonObject {
  const event = parseJson(text);
  if (!isJsonObject(event) || !EVENT_FIELDS.every((field) => Object.hasOwn(event, field))) throw notValid();
  return event;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notValid({ cause });
  }
}

function notValid(options?: ErrorOptions): AwsError {
  return new AwsError("ValidationException", "Parameter Event is not valid.", options);
}
