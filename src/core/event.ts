import type { Json, JsonObject } from "./json.ts";

/**
 * An accepted event. `json` is the event exactly as every target receives it; the detail stands in it letter
 * for letter as the caller sent it, so numbers keep their spelling. `fields` is the same, parsed, for matching.
 */
export interface BusEvent {
  readonly id: string;
  /** The bus it was put on. */
  readonly bus: string;
  readonly json: string;
  readonly fields: JsonObject;
  /** When this router accepted it, epoch milliseconds. */
  readonly acceptedAtMs: number;
  /** W3C trace context of the caller, passed on to every target. */
  readonly traceparent?: string;
}

/** What goes into an event's envelope. */
export interface EventParts {
  readonly id: string;
  readonly detailType: string;
  readonly source: string;
  readonly account: string;
  readonly timeMs: number;
  readonly region: string;
  readonly resources: readonly string[];
  /** The detail as JSON text, already known to be an object. */
  readonly detailJson: string;
  readonly detail: JsonObject;
  /** The attributes of the CloudEvent that this event came as, if it did. */
  readonly cloudevent?: JsonObject;
}

/** An event's time: ISO 8601, UTC, to the second, as EventBridge writes it. */
export function eventTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** Builds the event in EventBridge's field order. The detail is put in as text, not parsed and printed again. */
export function composeEvent(parts: EventParts): { json: string; fields: JsonObject } {
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
  const head = JSON.stringify(envelope).slice(0, -1);
  return { json: `${head},"detail":${parts.detailJson}}`, fields: { ...envelope, detail: parts.detail } };
}
