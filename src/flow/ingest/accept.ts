import type { Identity } from "../../core/arn.ts";
import { busNameOf } from "../../core/arn.ts";
import type { BusEvent } from "../../core/event.ts";
import { composeEvent } from "../../core/event.ts";
import type { EntryResult, RequestEntry } from "../../core/ingest.ts";
import type { JsonObject } from "../../core/json.ts";
import { isJsonObject, nestsDeeperThan, parseJson } from "../../core/json.ts";

/** Levels of lists and objects in a detail. V8 parses far more, but whoever prints or walks them runs out of stack. */
const DEPTH_MAX = 1_100;

/** What this router stamps on an event. */
export interface Stamp {
  readonly id: string;
  readonly nowMs: number;
  readonly identity: Identity;
}

export type Accepted = { readonly ok: true; readonly event: BusEvent } | Extract<EntryResult, { ok: false }>;

/** Turns a request entry into an event, or says which of its parameters is wrong in EventBridge's words. */
export function accept(entry: RequestEntry, stamp: Stamp): Accepted {
  const { source, detailType, detail } = entry;
  if (source === undefined || source === "") return missing("Source");
  if (detailType === undefined || detailType === "") return missing("DetailType");
  if (detail === undefined || detail === "") return missing("Detail");
  const parsed = parseObject(detail);
  if (parsed === undefined) return { ok: false, code: "MalformedDetail", message: "Detail is malformed." };
  const id = entry.id ?? stamp.id;
  const { json, fields } = composeEvent({
    id,
    source,
    detailType,
    account: stamp.identity.accountId,
    region: stamp.identity.region,
    timeMs: entry.timeMs ?? stamp.nowMs,
    resources: entry.resources ?? [],
    detailJson: detail,
    detail: parsed,
    ...(entry.cloudevent === undefined ? {} : { cloudevent: entry.cloudevent }),
  });
  return {
    ok: true,
    event: {
      id,
      bus: busNameOf(stamp.identity, entry.eventBusName ?? "default"),
      json,
      fields,
      acceptedAtMs: stamp.nowMs,
      ...(entry.traceparent === undefined ? {} : { traceparent: entry.traceparent }),
    },
  };
}

/**
 * An entry's size as EventBridge counts it: 14 bytes for a time, and the UTF-8 bytes of source, detail type,
 * detail and each resource (EventBridge user guide, "Calculating PutEvents event entry size").
 */
export function entrySizeBytes(entry: RequestEntry): number {
  const texts = [entry.source, entry.detailType, entry.detail, ...(entry.resources ?? [])];
  const textBytes = texts.reduce((sum, text) => sum + (text === undefined ? 0 : Buffer.byteLength(text)), 0);
  return textBytes + (entry.timeMs === undefined ? 0 : 14);
}

function missing(parameter: string): Accepted {
  const message = `Parameter ${parameter} is not valid. Reason: ${parameter} is a required argument.`;
  return { ok: false, code: "InvalidArgument", message };
}

function parseObject(json: string): JsonObject | undefined {
  const value = parseJson(json);
  return isJsonObject(value) && !nestsDeeperThan(value, DEPTH_MAX) ? value : undefined;
}
