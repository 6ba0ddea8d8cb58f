import { cutText } from "../../../text/cut-text.ts";
import { errorFields } from "./error-fields.ts";
import { redact } from "../../../text/redact.ts";

/** Bytes of one text in a log line, and of all that is in the line, before JSON escapes them. */
export const LOG_TEXT_BYTES_MAX = 8 * 1024;
export const LOG_LINE_BYTES_MAX = 64 * 1024;

/** What a number or a bracket counts for, so that a long list of them ends as well. */
const VALUE_BYTES = 8;

/** An error's causes and errors are the deepest that is ever logged. */
const DEPTH_MAX = 16;

/** Stands where something was cut. */
const CUT = "…";
const CUT_BYTES = Buffer.byteLength(CUT);

/**
 * The fields of a log line as they are written: errors as fields, texts without the passwords of URLs, and nothing longer
 * than the limits above. Texts may come from anybody, and be as long as a request, an answer or a file.
 */
export function boundedFields(fields: object): Record<string, unknown> {
  let bytesLeft = LOG_LINE_BYTES_MAX;

  function boundedValue(value: unknown, depth: number): unknown {
    if (typeof value === "string") {
      const text = boundedText(value, Math.min(LOG_TEXT_BYTES_MAX, Math.max(bytesLeft, CUT_BYTES)));
      bytesLeft -= Buffer.byteLength(text);
      return text;
    }
    bytesLeft -= VALUE_BYTES;
    if (typeof value !== "object" || value === null) return value;
    if (depth > DEPTH_MAX) return CUT;
    if (value instanceof Error) return boundedObject(errorFields(value), depth);
    return Array.isArray(value) ? boundedList(value, depth) : boundedObject(value, depth);
  }

  function boundedList(list: readonly unknown[], depth: number): unknown[] {
    const bounded: unknown[] = [];
    for (const item of list) {
      if (bytesLeft <= 0) return [...bounded, CUT];
      bounded.push(boundedValue(item, depth + 1));
    }
    return bounded;
  }

  /** The names of fields are the program's own, few and short. */
  function boundedObject(object: object, depth: number): Record<string, unknown> {
    const bounded: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(object)) bounded[name] = boundedValue(value, depth + 1);
    return bounded;
  }

  const { error, ...others } = fields as { readonly error?: unknown };
  return boundedObject(error === undefined ? others : { ...others, error: errorFields(error) }, 0);
}

/** A text without the passwords of URLs, of at most so many bytes. */
function boundedText(text: string, bytesMax: number): string {
  const kept = cutText(text, bytesMax);
  const isCut = kept.length < text.length;
  const redacted = redact(kept, isCut);
  // A user of one character is shorter than what stands for it.
  if (!isCut && Buffer.byteLength(redacted) <= bytesMax) return redacted;
  return cutText(redacted, bytesMax - CUT_BYTES) + CUT;
}
