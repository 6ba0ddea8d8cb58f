import type { Json, JsonObject } from "../../json/json.ts";
import { parseDateTime } from "../../text/date-time.ts";

/** The attributes of a checked CloudEvent, extensions included. */
export interface Attributes extends JsonObject {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
}

/** A checked CloudEvent: its attributes, extensions included, and its data as the detail of an event. */
export interface CloudEvent {
  readonly attributes: Attributes;
  /** JSON text of an object. Data that is no object is its member `data`, binary data `data_base64`. */
  readonly detailJson: string;
}

export type Checked<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: string };

type Check = (text: string) => boolean;

const ATTRIBUTE_NAME = /^[a-z0-9]+$/;
/** Control characters, lone surrogates and noncharacters, which a CloudEvents string may not hold. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
const NOT_IN_A_URI = /[^\w\-.~:/?#[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})/;
const URI_SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+\s*(?:;.*)?$/;
const INTEGER_MAX = 2 ** 31;

const isNotEmpty: Check = (text) => text !== "";
const isUriReference: Check = (text) => text !== "" && !NOT_IN_A_URI.test(text);

/** CloudEvents 1.0.2, sections "Required attributes" and "Optional attributes". */
const REQUIRED = ["specversion", "id", "source", "type"];
const CHECKS: ReadonlyMap<string, { readonly check: Check; readonly expected: string }> = new Map([
  ["specversion", { check: (text) => text === "1.0", expected: '"1.0"' }],
  ["id", { check: isNotEmpty, expected: "a text that is not empty" }],
  ["source", { check: isUriReference, expected: "a URI reference that is not empty" }],
  ["type", { check: isNotEmpty, expected: "a text that is not empty" }],
  ["subject", { check: isNotEmpty, expected: "a text that is not empty" }],
  ["time", { check: (text) => parseDateTime(text) !== undefined, expected: "a date and time (RFC 3339)" }],
  ["datacontenttype", { check: (text) => MEDIA_TYPE.test(text), expected: "a media type (RFC 2046)" }],
  ["dataschema", { check: (text) => URI_SCHEME.test(text) && isUriReference(text), expected: "an absolute URI" }],
]);

/** Checks the attributes of a CloudEvent, extensions included. Null counts as absent and is left out. */
export function checkAttributes(given: JsonObject): Checked<Attributes> {
  const attributes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const missing = REQUIRED.find((name) => !Object.hasOwn(attributes, name));
  if (missing !== undefined) return { ok: false, reason: `the attribute "${missing}" is missing` };
  for (const [name, value] of Object.entries(attributes)) {
    const reason = problemWith(name, value);
    if (reason !== undefined) return { ok: false, reason };
  }
  return { ok: true, value: attributes as Attributes };
}

function problemWith(name: string, value: Json): string | undefined {
  // In binary mode the attribute would become a `ce-data` header beside the data itself.
  if (name === "data") return 'no attribute may be named "data"';
  if (!ATTRIBUTE_NAME.test(name)) return `the attribute name ${quote(name)} has other characters than a-z and 0-9`;
  const rule = CHECKS.get(name);
  if (rule !== undefined && !(typeof value === "string" && rule.check(value))) {
    return `the attribute "${name}" must be ${rule.expected}`;
  }
  if (!isAttributeValue(value)) return `the attribute ${quote(name)} must be a text, a boolean or a 32-bit integer`;
  if (typeof value === "string" && FORBIDDEN.test(value)) {
    return `the attribute ${quote(name)} holds characters that CloudEvents do not allow`;
  }
  return undefined;
}

function isAttributeValue(value: Json): boolean {
  if (typeof value === "string" || typeof value === "boolean") return true;
  return Number.isInteger(value) && Number(value) >= -INTEGER_MAX && Number(value) < INTEGER_MAX;
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
