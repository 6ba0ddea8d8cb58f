import { parseExactly } from "../../json/exact-json.ts";
import type { Json } from "../../json/json.ts";
import type { Checked, CloudEvent } from "./cloud-event.ts";
import { checkAttributes } from "./cloud-event.ts";
import { kindOf, memberOf, partsOf } from "./json-parts.ts";

/** Extensions, data and repeated names included. Binary mode has as many headers. */
const MEMBERS_MAX = 200;

/** The members of a CloudEvent: its data as bytes, everything else parsed. */
interface Members {
  readonly given: Readonly<Record<string, Json>>;
  readonly data: Buffer | undefined;
  readonly base64: Json | undefined;
}

/**
 * Reads a CloudEvent of the JSON event format (CloudEvents, "JSON Event Format", version 1.0.2). Its data becomes the
 * event's detail letter for letter, as in binary mode, so numbers keep their spelling.
 *
 * @param json bytes that are known to be JSON.
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
  // As for `JSON.parse`, the last member of a name counts.
  const members = new Map(parts.map(memberOf).map(({ name, value }) => [name, value]));
  const { data, data_base64, ...rest } = Object.fromEntries(members);
  const given = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, parsed(value)]));
  const base64 = data_base64 === undefined ? undefined : parsed(data_base64);
  return { ok: true, value: { given, data, base64 } };
}

/** No attribute may be a list or an object, so neither is parsed. */
function parsed(value: Buffer): Json {
  return kindOf(value) === "scalar" ? parseExactly(value.toString()) : [];
}

function readData(data: Buffer | undefined, base64: Json | undefined): Checked<string> {
  if (base64 === undefined) return { ok: true, value: data === undefined ? "{}" : detailOf(data.toString().trim()) };
  if (data !== undefined) return { ok: false, reason: "data and data_base64 cannot stand in one CloudEvent" };
  if (typeof base64 !== "string" || !isBase64(base64)) return { ok: false, reason: "data_base64 must be base64" };
  return { ok: true, value: detailOfBinary(base64) };
}

/** Node.js also reads base64 with mistakes, so the text is compared with what Node.js writes. */
function isBase64(text: string): boolean {
  return Buffer.from(text, "base64").toString("base64") === text;
}

/** The detail of JSON data: the data itself when it is an object, else an object around it. */
export function detailOf(dataJson: string): string {
  return dataJson.trimStart().startsWith("{") ? dataJson : `{"data":${dataJson}}`;
}

/** The detail of binary data. */
export function detailOfBinary(base64: string): string {
  return `{"data_base64":"${base64}"}`;
}
