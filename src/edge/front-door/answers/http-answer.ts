import type { ServerResponse } from "node:http";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { CONNECTION_HEADERS } from "../door-request.ts";

/** A whole answer. */
export interface HttpAnswer {
  readonly status: number;
  /** A name may come several times. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** A function may not say how its answer is sent. */
const OURS: ReadonlySet<string> = new Set([...CONNECTION_HEADERS, "content-length"]);

const NO_BODY_STATUSES = new Set([204, 304]);

/** The header of an answer: what may be sent of what a function gives. Undefined where HTTP has no such header. */
export function sendableHeaders(
  headers: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] | undefined {
  try {
    for (const [name, value] of headers) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
  } catch {
    return undefined;
  }
  return headers.filter(([name]) => !OURS.has(name.toLowerCase()));
}

/** Writes an answer out. */
export function writeAnswer(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  const length = NO_BODY_STATUSES.has(status) ? [] : ["content-length", String(body.length)];
  response.writeHead(status, [...headers.flat(), ...length]);
  response.end(NO_BODY_STATUSES.has(status) ? undefined : body);
}

/** Adds a header where there is none of that name. */
export function withDefault(
  headers: readonly (readonly [string, string])[],
  name: string,
  value: string,
): readonly (readonly [string, string])[] {
  return headers.some(([given]) => given.toLowerCase() === name) ? headers : [...headers, [name, value]];
}
