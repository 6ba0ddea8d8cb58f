import type { ExplainAnswer, ExplainRequest } from "../../ports/admin/explain.ts";
import type { Identity } from "../../domain/arn.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import type { EventExplanation, ExplainPut, RuleExplanation } from "../../ports/admin/explain.ts";
import type { ExplainedConfig, YieldTurn } from "./event-explanation.ts";
import { explainEvent, explainRule } from "./event-explanation.ts";
import { explainedEvent } from "./explained-event.ts";
import { didYouMean } from "../../text/nearest.ts";
import { hasPattern, ruleKey } from "../../domain/rule/rule.ts";

/** By what an explanation is made, and for whom. */
export interface ExplainMeans {
  readonly config: ExplainedConfig;
  readonly identity: Identity;
  readonly nowMs: number;
  readonly pause: YieldTurn;
  /** Whether the caller may read a bus's rules. */
  readonly mayExplain: (bus: string) => boolean;
  /** Whether the caller may put on a bus; undefined where that does not matter any more, or nobody asks. */
  readonly explainPut?: ExplainPut | undefined;
}

/** Explains an event. Of a wrong event or an unknown name, the answer says what is wrong. */
export async function explain(
  { event: json, bus: askedBus, rule: name }: ExplainRequest,
  { config, identity, nowMs, pause, mayExplain, explainPut }: ExplainMeans,
): Promise<ExplainAnswer> {
  const read = explainedEvent(json, identity, nowMs);
  if (!read.ok) return { ok: false, reason: "invalid", message: `the event ${read.reason}` };
  const bus = askedBus ?? read.bus ?? "default";
  if (read.bus !== undefined && read.bus !== bus) {
    const message = `the entry is for the event bus "${read.bus}", and is to be explained on "${bus}"`;
    return { ok: false, reason: "invalid", message };
  }
  if (!mayExplain(bus))
    return { ok: false, reason: "forbidden", message: `the event bus "${bus}" may not be explained`, bus };
  if (!config.eventBuses.has(bus)) {
    const known = [...config.eventBuses.keys()].filter(mayExplain);
    return unknown(`there is no event bus "${bus}"${didYouMean(bus, known)}`);
  }
  const explaining = { config, pause, mayExplain };
  if (name === undefined) {
    const explanation = await explainEvent(read.event, bus, explaining);
    if (explanation === "too costly" || explainPut === undefined) return answered(explanation, "rules");
    return answered({ ...explanation, put: explainPut(config.eventBuses, entryOf(read.event, bus)) }, "rules");
  }
  const key = ruleKey(bus, name);
  const rule = config.rules.get(key);
  if (rule === undefined) {
    const known = [...config.rules.values()].filter((one) => one.bus === bus);
    const keys = known.map((one) => ruleKey(one.bus, one.name));
    return unknown(`there is no rule "${key}"${didYouMean(key, keys)}`);
  }
  if (!hasPattern(rule)) {
    const message = `rule "${key}" has a schedule and no pattern: no event of the bus matches it`;
    return { ok: false, reason: "invalid", message };
  }
  return answered(await explainRule(rule, read.event, explaining), "rule");
}

function entryOf({ source, "detail-type": detailType }: JsonObject, bus: string): Parameters<ExplainPut>[1] {
  const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");
  return { eventBusName: bus, source: textOf(source), detailType: textOf(detailType) };
}

function answered(
  explanation: EventExplanation | RuleExplanation | "too costly",
  what: "rule" | "rules",
): ExplainAnswer {
  if (explanation !== "too costly") return { ok: true, explanation };
  const advice = what === "rules" ? "ask for one rule, or shorten its lists" : "shorten its lists";
  return { ok: false, reason: "invalid", message: `explaining the event takes too many steps: ${advice}` };
}

function unknown(message: string): ExplainAnswer {
  return { ok: false, reason: "unknown", message };
}
