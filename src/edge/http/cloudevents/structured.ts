import { parseExactly } from "../../../core/exact-json.ts";
import type { Json } from "../../../core/json.ts";
import { isJsonObject } from "../../../core/json.ts";
import type { Checked, CloudEvent } from "./cloud-event.ts";
import { checkAttributes } from "./cloud-event.ts";

/** Parses the body of a structured or batched message; numbers keep the spelling they have in it. */
export function parseBody(text: string): Checked<Json> {
  try {
    return { ok: true, value: parseExactly(text) };
  } catch (error) {
    return {
      ok: false,
      reason: error instanceof RangeError ? "the body is nested too deeply" : "the body is not JSON",
    };
  }
}

/** Reads a CloudEvent of the JSON event format (CloudEvents, "JSON Event Format", version 1.0.2). */
export function readStructured(value: Json): Checked<CloudEvent> {
  if (!isJsonObject(value)) return { ok: false, reason: "a CloudEvent must be a JSON object" };
  const { data, data_base64: base64, ...given } = value;
  const attributes = checkAttributes(given);
  if (!attributes.ok) return attributes;
  const detail = readData(data, base64 ?? undefined);
  return detail.ok ? { ok: true, value: { attributes: attributes.value, detailJson: detail.value } } : detail;
}

function readData(data: Json | undefined, base64: Json | undefined): Checked<string> {
  if (base64 === undefined) return { ok: true, value: data === undefined ? "{}" : detailOf(JSON.stringify(data)) };
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

/** The CloudEvents of a batch, each to be read by itself. */
export function batchItems(value: Json): readonly Json[] | undefined {
  return Array.isArray(value) ? (value as readonly Json[]) : undefined;
}
