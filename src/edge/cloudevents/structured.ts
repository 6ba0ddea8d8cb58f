import { parseExactly } from "../../json/exact-json.ts";
import type { Json } from "../../json/json.ts";
import type { Checked, CloudEvent } from "./cloud-event.ts";
import { checkAttributes } from "./cloud-event.ts";
import { kindOf, memberOf, partsOf } from "./json-parts.ts";

/** Extensions, data and members that share a name included: as many as there may be headers in binary mode. */
const MEMBERS_MAX = 200;

/** The members of a CloudEvent: its data is left as it is written, everything else is parsed. */
interface Members {
  readonly given: Readonly<Record<string, Json>>;
  readonly data: Buffer | undefined;
  readonly base64: Json | undefined;
}

/**
 * Reads a CloudEvent of the JSON event format (CloudEvents, "JSON Event Format", version 1.0.2). Its data becomes the
 * event's detail letter for letter, as in binary mode, so numbers keep their spelling.
 *
 * @param json what is known to be JSON.
 */
export function readStructured(json: Buffer): Checked<CloudEvent> {
  if (kindOf(json) !== "object") return { ok: false, reason: "a CloudEvent must be a JSON object" };
  const members = readMembers(json);
  if (!members.ok) return members;
  const { given, data, base64 } = members.value;
  const attributes = checkAttributes(given);
  if (!attributes.ok) return attributes;
  const detail = readData(data, base64 ?? undefined);
  return detail.ok ? { ok: true, value: { attributes: attributes.value, detailJson: detail.value } } : detail;
}

function readMembers(json: Buffer): Checked<Members> {
  const { count, parts } = partsOf(json, MEMBERS_MAX);
  if (count > MEMBERS_MAX) return { ok: false, reason: `a CloudEvent may have ${MEMBERS_MAX} members, got ${count}` };
  // As in any object, the last of those that share a name counts.
  const members = new Map(parts.map(memberOf).map(({ name, value }) => [name, value]));
  const { data, data_base64, ...rest } = Object.fromEntries(members);
  const given = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, parsed(value)]));
  const base64 = data_base64 === undefined ? undefined : parsed(data_base64);
  return { ok: true, value: { given, data, base64 } };
}

/** No attribute may be a list or an object: what is in one is not worth parsing. */
function parsed(value: Buffer): Json {
  return kindOf(value) === "scalar" ? parseExactly(value.toString()) : [];
}

function readData(data: Buffer | undefined, base64: Json | undefined): Checked<string> {
  if (base64 === undefined) return { ok: true, value: data === undefined ? "{}" : detailOf(data.toString().trim()) };
  if (data !== undefined) return { ok: false, reason: "data and data_base64 cannot stand in one CloudEvent" };
  if (typeof base64 !== "string" || !isBase64(base64)) return { ok: false, reason: "data_base64 must be base64" };
  return { ok: true, value: detailOfBinary(base64) };
}

/** Node.js reads base64 with mistakes in it too, and writes it without. */
function isBase64(text: string): boolean {
  return Buffer.from(text, "base64").toString("base64") === text;
}

/** The detail that JSON data becomes: itself when it is an object, else an object that holds it. */
export function detailOf(dataJson: string): string {
  return dataJson.trimStart().startsWith("{") ? dataJson : `{"data":${dataJson}}`;
}

/** The detail that binary data becomes. */
export function detailOfBinary(base64: string): string {
  return `{"data_base64":"${base64}"}`;
}
