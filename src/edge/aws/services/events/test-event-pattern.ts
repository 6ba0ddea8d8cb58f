import type { Json } from "../../../../json/json.ts";
import { isJsonObject, parseJson } from "../../../../json/json.ts";
import type { PatternBounds } from "../../../../pattern/parse/parse.ts";
import { CALLERS_BOUNDS, parsePattern } from "../../../../pattern/parse/parse.ts";
import { indexRules } from "../../../../pattern/rule-index.ts";
import type { AwsError } from "../../errors.ts";
import { commonError } from "../../errors.ts";
import { required, string, structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { eventsError } from "./errors.ts";

const EVENT_FIELDS = ["id", "account", "source", "time", "region", "detail-type"];

/** EventBridge accepts patterns of 2,048 characters, and 8,192 where a quota was raised. */
const PATTERN_BYTES_MAX = 16_384;
const EVENT_BYTES_MAX = 1_048_576;

/** Steps of matching, worth some hundredths of a second. */
const STEPS_MAX = 1_000_000;

/** TestEventPattern: whether an event matches a pattern, both given as JSON text. The router's own index decides. */
export function testEventPattern(): Operation {
  return operation({
    input: structure("TestEventPatternRequest", { EventPattern: required(string()), Event: required(string()) }),
    resource: () => "*",
    handle: ({ EventPattern, Event }) => ({ Result: isMatchWithinBounds(EventPattern, Event) }),
  });
}

/**
 * Whether a caller's event matches a caller's pattern. Both texts are bounded, and so are the steps of matching.
 *
 * @throws AwsError `InvalidEventPatternException`, `ValidationException`
 */
export function isMatchWithinBounds(patternText: string, eventText: string): boolean {
  if (Buffer.byteLength(patternText) > PATTERN_BYTES_MAX) {
    throw patternNotValid(`it is longer than ${PATTERN_BYTES_MAX} bytes`);
  }
  if (Buffer.byteLength(eventText) > EVENT_BYTES_MAX) {
    throw commonError("ValidationException", `Parameter Event is longer than ${EVENT_BYTES_MAX} bytes.`);
  }
  return isMatch(patternText, eventText, { pattern: CALLERS_BOUNDS, stepsMax: STEPS_MAX });
}

/** The same for an operator's own texts, which have no bounds unless some are given. */
export function isMatch(
  patternText: string,
  eventText: string,
  bounds: { readonly pattern?: PatternBounds; readonly stepsMax?: number } = {},
): boolean {
  const parsed = parsePattern(patternText, bounds.pattern);
  if (!parsed.ok) throw patternNotValid(parsed.reason);
  const fitting = indexRules([parsed], bounds.stepsMax).match(Buffer.from(eventText));
  if (fitting === "too costly") {
    const message = "Matching the event takes too many steps: it is too large for the pattern.";
    throw commonError("ValidationException", message);
  }
  if (fitting === "unreadable" || !hasFields(parseJson(eventText))) {
    throw commonError("ValidationException", "Parameter Event is not valid.");
  }
  return fitting.length > 0;
}

export function patternNotValid(reason: string): AwsError {
  return eventsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);
}

/** An event needs the fields that every event has; only its resources and detail may be left out. */
function hasFields(event: Json | undefined): boolean {
  return isJsonObject(event) && EVENT_FIELDS.every((field) => Object.hasOwn(event, field));
}
