import type { Identity } from "../../domain/arn.ts";
import { ruleArn } from "../../domain/arn.ts";
import type { RuleTarget } from "../../domain/delivery/delivery.ts";
import { parseExactly } from "../../json/exact-json.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { parsePath, selectPath } from "../../json/json-path.ts";
import type { Target } from "../../domain/target/target.ts";
import { renderTemplate } from "../../domain/rule/template.ts";

/** What a payload is made from. */
export interface RenderSource {
  /** The event as accepted. */
  readonly json: string;
  readonly origin: RuleTarget;
  readonly acceptedAtMs: number;
  readonly identity: Identity;
}

export type Rendered = { readonly ok: true; readonly json: string } | { readonly ok: false; readonly message: string };

/**
 * Renders an event for one target, as JSON text. Numbers keep the sender's spelling, whichever
 * part of the event the target gets. A failure is a `template_error`.
 *
 * @throws SyntaxError when the event is not JSON, which an accepted event always is.
 */
export function render(input: Target["input"], source: RenderSource): Rendered {
  switch (input.kind) {
    case "event":
      return { ok: true, json: source.json };
    case "constant":
      return { ok: true, json: input.json };
    case "path":
      return renderPath(input.path, eventOf(source.json));
    case "template":
      return renderTemplate(input.template, {
        event: eventOf(source.json),
        eventJson: source.json,
        ruleArn: ruleArn(source.identity, source.origin.bus, source.origin.rule),
        ruleName: source.origin.rule,
        ingestionTimeMs: source.acceptedAtMs,
      });
  }
}

function renderPath(text: string, fields: JsonObject): Rendered {
  const parsed = parsePath(text);
  if (!parsed.ok) return { ok: false, message: parsed.reason };
  const value = selectPath(parsed.path, fields);
  if (value === undefined) return { ok: false, message: `inputPath ${text} finds nothing in the event` };
  return asJson(value);
}

/** What a path finds in an event, as a text: other values as JSON. Undefined where it finds nothing, or an empty text. */
export function textAt(text: string, json: string): string | undefined {
  const parsed = parsePath(text);
  const value = parsed.ok ? selectPath(parsed.path, eventOf(json)) : undefined;
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") return value;
  const written = asJson(value);
  return written.ok ? written.json : undefined;
}

function asJson(value: Json): Rendered {
  try {
    return { ok: true, json: JSON.stringify(value) };
  } catch (error) {
    // JSON.parse reads any depth, but JSON.stringify runs out of stack after some thousand levels.
    if (error instanceof RangeError) return { ok: false, message: "the event is nested too deeply" };
    throw error;
  }
}

function eventOf(json: string): JsonObject {
  const event = parseExactly(json);
  if (!isJsonObject(event)) throw new SyntaxError("the event is not a JSON object");
  return event;
}
