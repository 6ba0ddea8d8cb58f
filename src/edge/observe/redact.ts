/**
 * User and password of a URL, as they stand in a line of JSON: up to the last `@` before the host ends. A quote
 * ends the string that the URL is in, unless it is escaped.
 */
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#"\\]|\\.)*@/gi;

/** Takes the user and password out of every URL in a text. */
export function redact(text: string): string {
  return text.includes("://") ? text.replaceAll(CREDENTIALS, "$1***@") : text;
}
