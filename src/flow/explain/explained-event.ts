import type { Identity } from "../../domain/arn.ts";
import { busNameOf } from "../../domain/arn.ts";
import { parseExactly, tryParseExactly } from "../../json/exact-json.ts";
import { parseDateTime, parseEpochSeconds } from "../../text/date-time.ts";
import { composeEvent } from "../../domain/event/event.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { DETAIL_LEVELS_MAX, EVENT_LEVELS_MAX, isDeeperThan } from "../../json/depth.ts";

/** Stands for the id that the event of an entry would get. */
const SOME_ID = "00000000-0000-0000-0000-000000000000";

/** An event to explain, or what is wrong with it. */
export type ExplainedEvent =
  | {
      readonly ok: true;
      readonly event: JsonObject;
      /** The bus that an entry names. */
      readonly bus?: string;
    }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads an event as a target gets it, or as it is put: an entry of PutEvents, or a request with one entry. An entry
 * becomes the event that it would become if it were put now.
 */
export function explainedEvent(json: Json | undefined, identity: Identity, nowMs: number): ExplainedEvent {
  if (!isJsonObject(json)) {
    return refused("must be a JSON object: source, detail-type, detail …, or an entry of PutEvents");
  }
  if (isDeeperThan(EVENT_LEVELS_MAX, json)) return refused(`must have no more than ${EVENT_LEVELS_MAX} levels`);
  const entries = json["Entries"];
  if (entries === undefined) return isEntry(json) ? eventOf(json, identity, nowMs) : { ok: true, event: json };
  const [entry, ...others] = Array.isArray(entries) ? (entries as readonly Json[]) : [];
  return isJsonObject(entry) && others.length === 0
    ? eventOf(entry, identity, nowMs)
    : refused("must be one: a request with one entry");
}

function isEntry(json: JsonObject): boolean {
  const has = (name: string): boolean => Object.hasOwn(json, name);
  return !has("source") && !has("detail-type") && (has("Source") || has("DetailType"));
}

function eventOf(entry: JsonObject, identity: Identity, nowMs: number): ExplainedEvent {
  const { Source = "", DetailType = "", Detail = "{}", EventBusName, Resources = [], Time } = entry;
  if (typeof Source !== "string" || typeof DetailType !== "string")
    return refused("is no entry: its Source and DetailType must be texts");
  const detail = typeof Detail === "string" ? tryParseExactly(Detail) : undefined;
  if (typeof Detail !== "string" || !isJsonObject(detail)) {
    return refused("is no entry: its Detail must be a text that is a JSON object");
  }
  if (isDeeperThan(DETAIL_LEVELS_MAX, detail)) {
    return refused(`is no entry: its Detail must have no more than ${DETAIL_LEVELS_MAX} levels`);
  }
  if (!Array.isArray(Resources) || !Resources.every((each) => typeof each === "string")) {
    return refused("is no entry: its Resources must be a list of texts");
  }
  if (EventBusName !== undefined && typeof EventBusName !== "string")
    return refused("is no entry: its EventBusName must be a text");
  const { json } = composeEvent({
    id: SOME_ID,
    detailType: DetailType,
    source: Source,
    account: identity.accountId,
    timeMs: timeOf(Time) ?? nowMs,
    region: identity.region,
    resources: Resources,
    detailJson: Detail,
  });
  const event = parseExactly(json) as JsonObject;
  return { ok: true, event, ...(EventBusName === undefined ? {} : { bus: busNameOf(identity, EventBusName) }) };
}

/** Clients send seconds since 1970, and people write dates. */
function timeOf(time: Json | undefined): number | undefined {
  if (typeof time === "number") return parseEpochSeconds(time);
  return typeof time === "string" ? parseDateTime(time) : undefined;
}

function refused(reason: string): ExplainedEvent {
  return { ok: false, reason };
}
