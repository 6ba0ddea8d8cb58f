import { HEADER } from "../delivery/headers.ts";
import type { HeaderValue } from "./message.ts";

/** An attribute of a message, as SQS has it. */
export interface MessageAttribute {
  /** `String`, `Number` or `Binary`, with a label perhaps: `Number.float`. */
  readonly type: string;
  /** A binary one in base64. */
  readonly value: string;
}

export type MessageAttributes = ReadonlyMap<string, MessageAttribute>;

/** What headers of these names mean to a broker or to Busbar: `CC` would send the message elsewhere. */
const RESERVED = /^(x-|busbar-|amq|b?cc$|trace(parent|state)$)/i;

/**
 * Attributes as headers, so that AMQP consumers read them plainly. One header more has their types, and the attributes that
 * may not be headers.
 */
export function attributeHeaders(attributes: MessageAttributes): Readonly<Record<string, HeaderValue>> {
  if (attributes.size === 0) return {};
  const headers: Record<string, HeaderValue> = {};
  const types = [...attributes].map(([name, { type, value }]): [string, string, ...string[]] => {
    if (RESERVED.test(name)) return [name, type, value];
    headers[name] = value;
    return [name, type];
  });
  return { ...headers, [HEADER.attributeTypes]: JSON.stringify(types) };
}

/**
 * The attributes of a message from its headers. Headers that others wrote are attributes too: numbers of the type Number,
 * texts of the type String.
 */
export function headerAttributes(headers: Readonly<Record<string, unknown>>): MessageAttributes {
  const attributes = new Map<string, MessageAttribute>();
  for (const [name, type, kept] of typesOf(headers[HEADER.attributeTypes])) {
    const value = kept ?? headers[name];
    if (typeof value === "string" || typeof value === "number") attributes.set(name, { type, value: String(value) });
  }
  for (const [name, value] of Object.entries(headers)) {
    if (RESERVED.test(name) || attributes.has(name) || value === "") continue;
    if (typeof value === "number") attributes.set(name, { type: "Number", value: String(value) });
    else if (typeof value === "string" || typeof value === "boolean") {
      attributes.set(name, { type: "String", value: String(value) });
    }
  }
  return attributes;
}

/** Anybody may have written the header: what cannot be read says nothing. */
function typesOf(header: unknown): (readonly [name: string, type: string, value?: string])[] {
  try {
    const types: unknown = typeof header === "string" ? JSON.parse(header) : [];
    return Array.isArray(types) ? types.filter(isTyped) : [];
  } catch {
    return [];
  }
}

function isTyped(value: unknown): value is [string, string, string?] {
  return Array.isArray(value) && value.length >= 2 && value.every((each) => typeof each === "string");
}
