import type { Json, JsonObject } from "../../../../json/json.ts";
import { isJsonObject, parseJson } from "../../../../json/json.ts";
import type { PatternBounds } from "../../../../pattern/parse.ts";
import { CALLERS_BOUNDS, parsePattern } from "../../../../pattern/parse.ts";
import { indexRules } from "../../../../pattern/rule-index.ts";
import { AwsError } from "../../../http/errors.ts";
import { requiredString } from "../../protocol/input.ts";

const EVENT_FIELDS = ["id", "account", "source", "time", "region", "detail-type"];

/** A caller's pattern and event. EventBridge takes patterns of 2,048 characters, and 8,192 where a quota was raised. */
const PATTERN_BYTES_MAX = 16_384;
const EVENT_BYTES_MAX = 1_048_576;

/** How many steps matching them may take: some hundredths of a second. */
const STEPS_MAX = 1_000_000;

/**
 * TestEventPattern: whether an event, given as JSON text, matches a pattern, given as JSON text. What routes events
 * answers it. A caller's texts are bounded, and so is what matching them may take.
 */
export function testEventPattern(input: JsonObject): JsonObject {
  const patternText = requiredString(input, "EventPattern");
  const eventText = requiredString(input, "Event");
  if (Buffer.byteLength(patternText) > PATTERN_BYTES_MAX) {
    throw notValid(`it is longer than ${PATTERN_BYTES_MAX} bytes`);
  }
  if (Buffer.byteLength(eventText) > EVENT_BYTES_MAX) {
    throw new AwsError("ValidationException", `Parameter Event is longer than ${EVENT_BYTES_MAX} bytes.`);
  }
  return { Result: isMatch(patternText, eventText, { pattern: CALLERS_BOUNDS, stepsMax: STEPS_MAX }) };
}

/** The same for whoever asks the program itself: only an operator's own patience is a bound on the texts. */
export function isMatch(
  patternText: string,
  eventText: string,
  bounds: { readonly pattern?: PatternBounds; readonly stepsMax?: number } = {},
): boolean {
  const parsed = parsePattern(patternText, bounds.pattern);
  if (!parsed.ok) throw notValid(parsed.reason);
  const fitting = indexRules([parsed], bounds.stepsMax).match(Buffer.from(eventText));
  if (fitting === "too costly") {
    const message = "Matching the event takes too many steps: it is too large for the pattern.";
    throw new AwsError("ValidationException", message);
  }
  if (fitting === "unreadable" || !hasFields(parseJson(eventText))) {
    throw new AwsError("ValidationException", "Parameter Event is not valid.");
  }
  return fitting.length > 0;
}

function notValid(reason: string): AwsError {
  return new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);
}

/** An event needs the fields that every event has; only its resources and detail may be left out. */
function hasFields(event: Json | undefined): boolean {
  return isJsonObject(event) && EVENT_FIELDS.every((field) => Object.hasOwn(event, field));
}
