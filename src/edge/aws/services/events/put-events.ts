import type { Identity } from "../../../../domain/arn.ts";
import type { EntryResult, Ingest, RequestEntry } from "../../../../ports/put.ts";
import type { Json, JsonObject } from "../../../../json/json.ts";
import type { Limit } from "../../../../domain/limits.ts";
import { isTraceparent, traceparentOfXRay } from "../../../../domain/event/trace.ts";
import { parseDateTime, parseEpochSeconds } from "../../../../text/date-time.ts";
import { AwsError } from "../../../http/errors.ts";
import type { Operation } from "../../protocol/handler.ts";
import {
  asObject,
  constraintError,
  member,
  optionalString,
  optionalStrings,
  requiredList,
  shown,
  wrongType,
} from "../../protocol/input.ts";

/** Of an event bus's name or ARN, in characters (EventBridge API reference, `PutEventsRequestEntry`). */
const BUS_NAME_LENGTH_MAX = 1_600;
/** Too many entries are repeated in the error, as AWS does it, until this many characters are full. */
const ENTRIES_SHOWN_CHARACTERS_MAX = 16_384;

/** PutEvents. What is wrong with one entry is told in its result, what is wrong with the request refuses it whole. */
export function putEvents(ingest: Ingest, limit: Limit, identity: Identity): Operation {
  return async (input, { traceparent, caller }) => {
    const authorize = caller.authorizePut(identity);
    const entries = requiredList(input, "Entries");
    if (entries.length === 0) {
      throw constraintError("'[]'", "Entries", "Member must have length greater than or equal to 1");
    }
    if (entries.length > limit.max) {
      limit.exceeded();
      throw tooMany(entries, limit.max);
    }

    const requested = entries.map((entry, index) => requestEntry(entry, index, traceparent));
    const result = await ingest(requested, { share: caller.share, authorize });
    switch (result.kind) {
      case "answered":
        return output(result.entries);
      case "refused":
        throw new AwsError("ValidationException", result.message);
      case "busy": {
        const code = result.reason === "throttled" ? "ThrottlingException" : "ServiceUnavailable";
        throw new AwsError(code, result.message, { retryAfterSeconds: result.retryAfterSeconds });
      }
    }
  };
}

function requestEntry(value: Json, index: number, requestTraceparent: string | undefined): RequestEntry {
  const path = `Entries[${index}]`;
  const entry = asObject(value, path);
  const text = (name: string): string | undefined => optionalString(entry, name, `${path}.${name}`);
  return withoutUndefined({
    source: text("Source"),
    detailType: text("DetailType"),
    detail: text("Detail"),
    eventBusName: boundedBusName(text("EventBusName"), index),
    resources: optionalStrings(entry, "Resources", `${path}.Resources`),
    timeMs: optionalTime(entry, `${path}.Time`),
    traceparent: traceparentOf(text("TraceHeader")) ?? requestTraceparent,
  });
}

/** A bus that does not exist is named in a dead letter's header, which cannot hold a name of any length. */
function boundedBusName(name: string | undefined, index: number): string | undefined {
  if (name === undefined || (name !== "" && name.length <= BUS_NAME_LENGTH_MAX)) return name;
  const bound = name === "" ? "greater than or equal to 1" : `less than or equal to ${BUS_NAME_LENGTH_MAX}`;
  const path = `entries.${index + 1}.member.eventBusName`;
  throw constraintError(`'${shown(name)}'`, path, `Member must have length ${bound}`);
}

/** JavaScript clients send epoch seconds with a fraction, boto3 whole ones, and others ISO 8601. */
function optionalTime(entry: JsonObject, path: string): number | undefined {
  const value = member(entry, "Time");
  if (value === undefined) return undefined;
  const timeMs =
    typeof value === "number" ? parseEpochSeconds(value) : typeof value === "string" ? parseDateTime(value) : undefined;
  if (timeMs === undefined) throw wrongType(path, "epoch seconds or an ISO 8601 date and time");
  return timeMs;
}

function traceparentOf(traceHeader: string | undefined): string | undefined {
  if (traceHeader === undefined) return undefined;
  return isTraceparent(traceHeader) ? traceHeader : traceparentOfXRay(traceHeader);
}

function output(results: readonly EntryResult[]): JsonObject {
  const failed = results.filter((result) => !result.ok);
  if (failed.length === results.length && failed.every((result) => result.code === "InternalFailure")) {
    throw new AwsError("ServiceUnavailable", failed[0]?.message ?? "No entry was stored.", { retryAfterSeconds: 1 });
  }
  return {
    FailedEntryCount: failed.length,
    Entries: results.map((result) =>
      result.ok ? { EventId: result.eventId } : { ErrorCode: result.code, ErrorMessage: result.message },
    ),
  };
}

/** AWS repeats every entry in this error. Here long values are cut, and after some 16,000 characters the rest is left out. */
function tooMany(entries: readonly Json[], entriesMax: number): AwsError {
  const texts: string[] = [];
  let characters = 0;
  for (const [index, entry] of entries.entries()) {
    if (characters > ENTRIES_SHOWN_CHARACTERS_MAX) {
      texts.push("…");
      break;
    }
    const text = entryText(asObject(entry, `Entries[${index}]`), `Entries[${index}]`);
    characters += text.length;
    texts.push(text);
  }
  const constraint = `Member must have length less than or equal to ${entriesMax}`;
  return constraintError(`'[${texts.join(", ")}]'`, "Entries", constraint);
}

function entryText(entry: JsonObject, path: string): string {
  const text = (name: string): string => shown(optionalString(entry, name, `${path}.${name}`) ?? "null");
  const timeMs = optionalTime(entry, `${path}.Time`);
  const resources = optionalStrings(entry, "Resources", `${path}.Resources`);
  const fields = [
    `time=${timeMs === undefined ? "null" : new Date(timeMs).toISOString()}`,
    `source=${text("Source")}`,
    `resources=${resources === undefined ? "null" : shown(`[${resources.join(", ")}]`)}`,
    `detailType=${text("DetailType")}`,
    `detail=${text("Detail")}`,
    `eventBusName=${text("EventBusName")}`,
    `traceHeader=${text("TraceHeader")}`,
    "kmsKeyIdentifier=null",
    "internalMetadata=null",
  ];
  return `PutEventsRequestEntry(${fields.join(", ")})`;
}

/** An optional member is absent or has a value; what the request does not say is left out. */
function withoutUndefined(entry: { [Name in keyof RequestEntry]: RequestEntry[Name] | undefined }): RequestEntry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}
