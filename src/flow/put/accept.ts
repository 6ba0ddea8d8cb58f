import type { Identity } from "../../domain/arn.ts";
import { busNameOf } from "../../domain/arn.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import { composeEvent } from "../../domain/event/event.ts";
import type { TraceContext } from "../../domain/event/trace.ts";
import type { EntryResult, RequestEntry } from "../../ports/put.ts";
import type { PatternRule } from "../../domain/rule/rule.ts";
import type { RuleIndex } from "../../pattern/rule-index.ts";
import { indexRules } from "../../pattern/rule-index.ts";

/** For a bus without rules: it matches nothing, and still checks the detail. */
const NO_RULES = indexRules<PatternRule>([]);

const TOO_COSTLY =
  "Parameter Detail is not valid. Reason: It takes too many steps to match the rules of the event bus.";

/** What this router stamps on an event. */
export interface Stamp {
  readonly id: string;
  readonly nowMs: number;
  readonly identity: Identity;
  /** What the event carries. */
  readonly trace?: Partial<TraceContext> | undefined;
}

export type Accepted =
  | {
      readonly ok: true;
      readonly event: BusEvent;
      /** The rules of its bus whose pattern it fits. */
      readonly rules: readonly PatternRule[];
    }
  | Extract<EntryResult, { ok: false }>;

/**
 * Turns a request entry into an event, or names its wrong parameter in EventBridge's words. One scan of the detail's
 * bytes both checks and matches it, so the rules are found here.
 */
export function acceptEntry(
  entry: RequestEntry,
  stamp: Stamp,
  rulesByBus: ReadonlyMap<string, RuleIndex<PatternRule>>,
): Accepted {
  const { source, detailType, detail } = entry;
  if (source === undefined || source === "") return missing("Source");
  if (detailType === undefined || detailType === "") return missing("DetailType");
  if (detail === undefined || detail === "") return missing("Detail");
  const id = entry.id ?? stamp.id;
  const { json, body, detailStart } = composeEvent({
    id,
    source,
    detailType,
    account: stamp.identity.accountId,
    region: stamp.identity.region,
    timeMs: entry.timeMs ?? stamp.nowMs,
    resources: entry.resources ?? [],
    detailJson: detail,
    ...(entry.cloudevent === undefined ? {} : { cloudevent: entry.cloudevent }),
  });
  const bus = busNameOf(stamp.identity, entry.eventBusName ?? "default");
  const rules = (rulesByBus.get(bus) ?? NO_RULES).match(body, detailStart);
  if (rules === "unreadable") return { ok: false, code: "MalformedDetail", message: "Detail is malformed." };
  if (rules === "too costly") return { ok: false, code: "InvalidArgument", message: TOO_COSTLY };
  return {
    ok: true,
    rules,
    event: {
      id,
      bus,
      source,
      detailType,
      json,
      body,
      acceptedAtMs: stamp.nowMs,
      ...stamp.trace,
    },
  };
}

/**
 * An entry's size as EventBridge counts it: 14 bytes for a time, and the UTF-8 bytes of source, detail type, detail and
 * each resource (EventBridge user guide, "Calculating PutEvents event entry size"). What else is stored of an entry
 * counts as well: a CloudEvent's id and attributes, extensions included, and its trace.
 */
export function entrySizeBytes(entry: RequestEntry): number {
  const { id, source, detailType, detail, traceparent, tracestate, resources = [], cloudevent, timeMs } = entry;
  const attributes = cloudevent === undefined ? undefined : JSON.stringify(cloudevent);
  const texts = [source, detailType, detail, id, traceparent, tracestate, attributes, ...resources];
  const textBytes = texts.reduce((sum, text) => sum + (text === undefined ? 0 : Buffer.byteLength(text)), 0);
  return textBytes + (timeMs === undefined ? 0 : 14);
}

function missing(parameter: string): Accepted {
  const message = `Parameter ${parameter} is not valid. Reason: ${parameter} is a required argument.`;
  return { ok: false, code: "InvalidArgument", message };
}
