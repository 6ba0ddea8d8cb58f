import { isJsonObject, type Json, type JsonObject } from "../../../../src/json/json.ts";
import { visibleText } from "./visible-text.ts";

/** A list longer than this has a line for each item. */
const LINE_CHARACTERS_MAX = 100;

/** Texts that YAML reads as texts without quotes, apart from the words below. */
const PLAIN = /^[A-Za-z$][\w$./-]*$/;
/** YAML 1.1 reads each of them as something else than a text, `e0` as a number, and many tools still follow it. */
const NOT_TEXTS = /^(?:true|false|null|yes|no|on|off|y|n|e-?\d+)$/i;

/** The event pattern of a rule as configuration files have it. */
export function patternYaml(pattern: JsonObject): string {
  return membersOf({ eventPattern: pattern }, "").join("\n");
}

function membersOf(object: JsonObject, indent: string): readonly string[] {
  return Object.entries(object).flatMap(([name, value]) => {
    const key = `${indent}${textOf(name)}:`;
    if (isJsonObject(value) && Object.keys(value).length > 0) return [key, ...membersOf(value, `${indent}  `)];
    const line = inlineOf(value);
    if (!Array.isArray(value) || line.length <= LINE_CHARACTERS_MAX) return [`${key} ${line}`];
    return [key, ...(value as readonly Json[]).map((item) => `${indent}  - ${inlineOf(item)}`)];
  });
}

function inlineOf(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(inlineOf).join(", ")}]`;
  if (typeof value === "string") return textOf(value);
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, each]) => `${textOf(name)}: ${inlineOf(each)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** Without quotes where that is safe. A text of JSON is one of YAML, too. */
function textOf(text: string): string {
  return PLAIN.test(text) && !NOT_TEXTS.test(text) ? text : visibleText(JSON.stringify(text));
}
