import type { Json, JsonObject } from "../../json/json.ts";
import { parseJson } from "../../json/json.ts";

/**
 * An accepted event. `json` is the event exactly as every target receives it; the detail stands in it letter for
 * letter, so numbers keep their spelling. `body` is the same in UTF-8, made once for matching and for all messages.
 */
export interface BusEvent {
  readonly id: string;
  /** The bus it was put on. */
  readonly bus: string;
  readonly source: string;
  readonly detailType: string;
  readonly json: string;
  readonly body: Buffer;
  /** When this router accepted it, in epoch milliseconds. */
  readonly acceptedAtMs: number;
  /** W3C trace context, passed on to every target: the caller's, or that of the put where traces are recorded. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The parts of an event. */
export interface EventParts {
  readonly id: string;
  readonly detailType: string;
  readonly source: string;
  readonly account: string;
  readonly timeMs: number;
  readonly region: string;
  readonly resources: readonly string[];
  /** The detail as text. Matching checks whether it is a JSON object. */
  readonly detailJson: string;
  /** The attributes of the CloudEvent, for an event that came as one. */
  readonly cloudevent?: JsonObject;
}

/** The beginning of every event that `composeEvent` makes. An id past these bytes would not fit into a header. */
const EVENT_BEGINNING = /^\{"version":"0","id":("(?:[^"\\]|\\.)*")/;
const BEGINNING_BYTES = 1_024;

/** The id of an event, from its bytes as `composeEvent` makes them; undefined for anything else, such as a record. */
export function eventIdIn(body: Buffer): string | undefined {
  const [, json] = EVENT_BEGINNING.exec(body.toString("utf8", 0, BEGINNING_BYTES)) ?? [];
  const id = json === undefined ? undefined : parseJson(json);
  return typeof id === "string" ? id : undefined;
}

/** An event's time: ISO 8601, UTC, to the second, as EventBridge writes it. */
export function eventTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** An event as text and in UTF-8, and the byte of it at which its detail, the last field, begins. */
export interface ComposedEvent extends Pick<BusEvent, "json" | "body"> {
  readonly detailStart: number;
}

/** Builds the event in EventBridge's field order. The detail is put in as text, not parsed and printed again. */
export function composeEvent(parts: EventParts): ComposedEvent {
  const envelope: Record<string, Json> = {
    version: "0",
    id: parts.id,
    "detail-type": parts.detailType,
    source: parts.source,
    account: parts.account,
    time: eventTime(parts.timeMs),
    region: parts.region,
    resources: parts.resources,
    ...(parts.cloudevent === undefined ? {} : { cloudevent: parts.cloudevent }),
  };
  const head = `${JSON.stringify(envelope).slice(0, -1)},"detail":`;
  const json = `${head}${parts.detailJson}}`;
  return { json, body: Buffer.from(json), detailStart: Buffer.byteLength(head) };
}
