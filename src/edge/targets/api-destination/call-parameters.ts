import type { ConnectionParameters, HttpParameters, NamedTexts } from "../../../domain/target/http-parameters.ts";
import { tryParseExactly } from "../../../json/exact-json.ts";
import { isJsonObject } from "../../../json/json.ts";

/** The headers that no parameter may set ("Headers included in requests to API destinations", EventBridge user guide). */
const REFUSED_HEADERS: ReadonlySet<string> = new Set([
  "a-im",
  "accept-charset",
  "accept-datetime",
  "accept-encoding",
  "cache-control",
  "connection",
  "content-encoding",
  "content-length",
  "content-md5",
  "date",
  "expect",
  "forwarded",
  "from",
  "host",
  "http2-settings",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "max-forwards",
  "origin",
  "pragma",
  "proxy-authorization",
  "range",
  "referer",
  "te",
  "trailer",
  "transfer-encoding",
  "user-agent",
  "upgrade",
  "via",
  "warning",
]);

/** The path and query of a call: the endpoint's, with the target's path parameters in it and both's query parameters behind. */
export function callPath(
  endpoint: URL,
  target: HttpParameters | undefined,
  connection: ConnectionParameters | undefined,
): string {
  const values = [...(target?.path ?? [])];
  const path = endpoint.pathname.replaceAll("*", (star) => {
    const value = values.shift();
    return value === undefined ? star : encodeURIComponent(value.toWellFormed());
  });
  const added = { ...target?.query, ...connection?.query };
  if (Object.keys(added).length === 0) return path + endpoint.search;
  const query = new URLSearchParams(added).toString();
  return `${path}${endpoint.search === "" ? "?" : `${endpoint.search}&`}${query}`;
}

/** The headers that a target and a connection add, in lower case: the connection's come before the target's. */
export function callParameterHeaders(
  target: HttpParameters | undefined,
  connection: ConnectionParameters | undefined,
): NamedTexts {
  const named = [...Object.entries(target?.headers ?? {}), ...Object.entries(connection?.headers ?? {})];
  const headers = named.map(([name, value]) => [name.toLowerCase(), plainLine(value)] as const);
  return Object.fromEntries(headers.filter(([name]) => !REFUSED_HEADERS.has(name)));
}

/** The body with the connection's members in it; any body but a JSON object stays as it is. */
export function callBody(payload: Buffer, connection: ConnectionParameters | undefined): Buffer {
  if (connection === undefined || Object.keys(connection.body).length === 0) return payload;
  const body = tryParseExactly(payload.toString());
  return isJsonObject(body) ? Buffer.from(JSON.stringify({ ...body, ...connection.body })) : payload;
}

/** What HTTP cannot carry in a header is percent-encoded: it may come from an event. */
function plainLine(value: string): string {
  return value.toWellFormed().replace(/[^\t\x20-\x7e]/gu, encodeURIComponent);
}
