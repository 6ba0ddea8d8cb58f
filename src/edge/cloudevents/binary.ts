import type { IncomingHttpHeaders } from "node:http";
import type { Json } from "../../json/json.ts";
import { isJsonBelow } from "../../json/is-json.ts";
import { utf8Text } from "../http/body.ts";
import { parseContentType } from "../http/headers.ts";
import type { Checked, CloudEvent } from "./cloud-event.ts";
import { checkAttributes } from "./cloud-event.ts";
import { detailOf, detailOfBinary } from "./structured.ts";

const PREFIX = "ce-";
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/;

/** Whether a request's headers carry a CloudEvent. */
export function isBinaryMode(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => name.startsWith(PREFIX));
}

/**
 * Reads a CloudEvent in binary mode: attributes are `ce-` headers, `datacontenttype` is the content type, and the body
 * is the data (CloudEvents, "HTTP Protocol Binding", version 1.0.2, section 3.1). JSON data stays as it was sent.
 */
export function readBinary(headers: IncomingHttpHeaders, body: Buffer): Checked<CloudEvent> {
  const given = readHeaders(headers);
  if (!given.ok) return given;
  const attributes = checkAttributes(given.value);
  if (!attributes.ok) return attributes;
  const detail = readData(headers["content-type"], body);
  return detail.ok ? { ok: true, value: { attributes: attributes.value, detailJson: detail.value } } : detail;
}

function readHeaders(headers: IncomingHttpHeaders): Checked<Record<string, Json>> {
  const attributes: Record<string, Json> = {};
  for (const [header, raw] of Object.entries(headers)) {
    if (!header.startsWith(PREFIX)) continue;
    const value = decode(String(raw));
    if (value === undefined) return { ok: false, reason: `the header ${header} is not correctly percent-encoded` };
    attributes[header.slice(PREFIX.length)] = value;
  }
  if (Object.hasOwn(attributes, "datacontenttype")) {
    return { ok: false, reason: "in binary mode the Content-Type header stands for ce-datacontenttype" };
  }
  const contentType = headers["content-type"];
  return { ok: true, value: contentType === undefined ? attributes : { ...attributes, datacontenttype: contentType } };
}

/** Removes the quotes of older versions of the binding, then one round of percent-encoding (section 3.1.3.2). */
function decode(raw: string): string | undefined {
  const quoted = QUOTED.exec(raw)?.[1];
  try {
    return decodeURIComponent(quoted === undefined ? raw : quoted.replace(/\\(.)/g, "$1"));
  } catch {
    return undefined;
  }
}

/** Data without a content type is JSON, as in the JSON event format. Text becomes a string, other data base64. */
function readData(contentType: string | undefined, body: Buffer): Checked<string> {
  if (body.length === 0) return { ok: true, value: "{}" };
  const { mediaType, utf8 } = parseContentType(contentType);
  const text = utf8 ? utf8Text(body) : undefined;
  if (mediaType === "" || /[/+]json$/.test(mediaType)) {
    return text !== undefined && isJsonBelow(1, body)
      ? { ok: true, value: detailOf(text) }
      : { ok: false, reason: "the data is not JSON, which its content type promises" };
  }
  const isText = text !== undefined && (mediaType.startsWith("text/") || /[/+]xml$/.test(mediaType));
  return { ok: true, value: isText ? detailOf(JSON.stringify(text)) : detailOfBinary(body.toString("base64")) };
}
