import type { IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

export interface PatientRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream | undefined;
  /** The only limit of its time, to the last byte of the answer. */
  readonly signal: AbortSignal;
}

/** Answers that have no body by their status. */
const BODILESS = [204, 205, 304];

/**
 * As `fetch`, for answers that a function may take 15 minutes for: Node.js's own gives up after 300 s without an answer's
 * head. It follows no redirection.
 *
 * @throws the signal's reason where that fires; else an error of Node.js when nobody answers
 */
export function patientFetch(url: string | URL, { method, headers, body, signal }: PatientRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const request = target.protocol === "https:" ? httpsRequest : httpRequest;
    // A connection of its own: one that is kept may be closed by the other side as the request goes out.
    const asking = request(target, { method, headers, signal, agent: false });
    asking.once("response", (answer) => {
      try {
        resolve(asResponse(answer));
      } catch (cause) {
        answer.destroy();
        reject(new Error(`an answer with status ${answer.statusCode} cannot be passed on`, { cause }));
      }
    });
    asking.once("error", (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    if (body === undefined || typeof body === "string") asking.end(body);
    // What goes wrong with it is an error of the request, or it has been answered already.
    else void pipeline(Readable.fromWeb(body), asking).catch(() => undefined);
  });
}

/** @throws RangeError for a status that `Response` does not have, as 999 */
function asResponse(answer: IncomingMessage): Response {
  const { statusCode: status = 0 } = answer;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(answer.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  const isBodiless = BODILESS.includes(status);
  if (isBodiless) answer.resume();
  return new Response(isBodiless ? null : Readable.toWeb(answer), { status, headers });
}
