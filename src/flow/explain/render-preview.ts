import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import { ruleKey } from "../../domain/rule/rule.ts";
import type { TargetInput } from "../../domain/target/target.ts";
import type { RenderAnswer, RenderRequest } from "../../ports/admin/render.ts";
import { didYouMean } from "../../text/nearest.ts";
import { render } from "../route/render.ts";
import { explainedEvent } from "./explained-event.ts";

/** By what an event is rendered. */
export interface RenderMeans {
  readonly config: Config;
  readonly identity: Identity;
  readonly nowMs: number;
}

/** Renders an event by the code that renders deliveries. Nothing is delivered. */
export function renderPreview(asked: RenderRequest, { config, identity, nowMs }: RenderMeans): RenderAnswer {
  const { bus, rule = "RULE", target = "TARGET" } = asked;
  const read = explainedEvent(asked.event, identity, nowMs);
  if (!read.ok) return { is: "invalid", message: `the event ${read.reason}` };
  const input = asked.input === undefined ? inputOf(asked, config) : { is: "input" as const, input: asked.input };
  if (input.is !== "input") return input;
  const json = JSON.stringify(read.event);
  const rendered = render(input.input, { json, origin: { bus, rule, target }, acceptedAtMs: nowMs, identity });
  return rendered.ok ? { is: "rendered", json: rendered.json } : { is: "failed", message: rendered.message };
}

type FoundInput =
  | { readonly is: "input"; readonly input: TargetInput }
  | { readonly is: "invalid" | "unknown"; readonly message: string };

/** The input of the target that was asked for; the event itself where none was. */
function inputOf({ bus, rule: name, target: id }: RenderRequest, { rules }: Config): FoundInput {
  if (name === undefined) {
    if (id === undefined) return { is: "input", input: { kind: "event" } };
    return { is: "invalid", message: "a target is one of a rule: name the rule, too" };
  }
  const key = ruleKey(bus, name);
  const rule = rules.get(key);
  if (rule === undefined) {
    const keys = [...rules.values()].filter((one) => one.bus === bus).map((one) => ruleKey(one.bus, one.name));
    return { is: "unknown", message: `there is no rule "${key}"${didYouMean(key, keys)}` };
  }
  const [first, ...others] = rule.targets;
  const ids = rule.targets.map((one) => one.id);
  if (id === undefined && others.length > 0) {
    return { is: "invalid", message: `rule "${key}" has several targets: name one of ${ids.join(", ")}` };
  }
  const target = id === undefined ? first : rule.targets.find((one) => one.id === id);
  if (target !== undefined) return { is: "input", input: target.input };
  return {
    is: "unknown",
    message: `rule "${key}" has no target${id === undefined ? "" : ` "${id}"${didYouMean(id, ids)}`}`,
  };
}
