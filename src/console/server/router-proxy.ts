import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { Request, RequestHandler, Response } from "express";
import { VERSION_HEADER } from "../../admin-api/answers.ts";
import type { AdminOperation } from "../../admin-api/operations/operation.ts";
import { API_PATH } from "../../admin-api/operations/operation.ts";
import { HttpProblem } from "../../edge/http/errors.ts";
import { patientFetch } from "../../edge/http/patient-fetch.ts";

/** Of an answer's headers, those that are the browser's as well. */
const ANSWER_HEADERS = [
  "content-type",
  "retry-after",
  "www-authenticate",
  VERSION_HEADER,
  "x-amzn-requestid",
  "x-amzn-errortype",
  "x-amz-executed-version",
  "x-amz-function-error",
  "x-amz-log-result",
];
/** Of a request's headers, those that are Lambda's as well. */
const LAMBDA_HEADERS = ["x-amz-invocation-type", "x-amz-log-type"];
/** A redrive answers line by line for as long as it takes, and ends when its caller goes away. */
const ANSWER_BEGINS_MS_MAX = 30_000;

/**
 * Passes requests for an operation on to a router, with the caller's credentials and no others: the console may do nothing
 * that its caller may not. A body goes along where the operation takes one.
 *
 * @param routerUrl the router's admin port.
 */
export function routerProxy(routerUrl: string, operation: AdminOperation): RequestHandler {
  const { method, path, body, answerBeginsMsMax } = operation;
  return async (request, response) => {
    const answer = await ask(new URL(`${API_PATH}${filledIn(path, request)}${queryOf(request)}`, routerUrl), {
      method,
      headers: passedOn(request.headers),
      body: body === undefined ? undefined : bodyOf(request),
      gone: goneSignal(response),
      answerBeginsMsMax,
    });
    await answerWith(answer, response);
  };
}

/**
 * Passes requests of the EventBridge API on to a router's public port, with the caller's credentials and no others.
 *
 * @param publicUrl the router's public port.
 * @param operation as EventBridge names it: `PutEvents`.
 */
export function eventBridgeProxy(publicUrl: string, operation: string): RequestHandler {
  return async (request, response) => {
    const headers = {
      ...passedOn(request.headers),
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSEvents.${operation}`,
    };
    const asked = { method: "POST", headers, body: bodyOf(request), gone: goneSignal(response) };
    await answerWith(await ask(new URL("/", publicUrl), asked), response);
  };
}

/** The version of the Lambda API, which its paths begin with. */
const LAMBDA_PATH = "/2015-03-31";

/** Passes requests of the Lambda API on in the same way. The operation's path has the API's behind `/lambda`. */
export function lambdaProxy(publicUrl: string, { method, path, answerBeginsMsMax }: AdminOperation): RequestHandler {
  const ofApi = path.slice("/lambda".length);
  return async (request, response) => {
    const headers = { ...passedOn(request.headers, LAMBDA_HEADERS), "content-type": "application/json" };
    const asked = { method, headers, body: bodyOf(request), gone: goneSignal(response), answerBeginsMsMax };
    await answerWith(await ask(new URL(`${LAMBDA_PATH}${filledIn(ofApi, request)}`, publicUrl), asked), response);
  };
}

/** The operation's path with the request's parameters: nothing else of a caller's path reaches the router. */
function filledIn(path: string, { params }: Request): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = String(params[name]);
    // A URL would take these for this folder and the one above, encoded or not.
    if (value === "." || value === "..") throw new HttpProblem(404, `there is no "${value}"`);
    return encodeURIComponent(value);
  });
}

function queryOf({ url }: Request): string {
  const query = url.indexOf("?");
  return query === -1 ? "" : url.slice(query);
}

interface Asked {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: ReadableStream | undefined;
  readonly gone: AbortSignal;
  readonly answerBeginsMsMax?: number | undefined;
}

async function ask(url: URL, asked: Asked): Promise<globalThis.Response> {
  const { method, headers, body, gone, answerBeginsMsMax = ANSWER_BEGINS_MS_MAX } = asked;
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(), answerBeginsMsMax);
  try {
    return await patientFetch(url, {
      method,
      headers,
      signal: AbortSignal.any([gone, slow.signal]),
      body,
    });
  } catch (cause) {
    if (!slow.signal.aborted) {
      throw new HttpProblem(503, "no router answers the console", { retryAfterSeconds: 1, cause });
    }
    const waited = `the router did not answer the console within ${answerBeginsMsMax / 1_000} s`;
    throw new HttpProblem(503, `${waited}: it may have done what it was asked, or still be at it`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

async function answerWith(answer: globalThis.Response, response: Response): Promise<void> {
  for (const name of ANSWER_HEADERS) {
    const value = answer.headers.get(name);
    if (value !== null) response.setHeader(name, value);
  }
  response.writeHead(answer.status);
  if (answer.body === null) return void response.end();
  // The first line may be long in coming.
  response.flushHeaders();
  // Broken off on either side, it is broken off on the other.
  await pipeline(Readable.fromWeb(answer.body), response).catch(() => response.destroy());
}

/** Who asks, and what the body is. Nothing else of a browser's headers is a router's business but the `others`. */
function passedOn(headers: IncomingHttpHeaders, others: readonly string[] = []): Record<string, string> {
  const names = ["authorization", "content-type", "accept", ...others];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

function bodyOf(request: Request): ReadableStream | undefined {
  const has = request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  return has ? Readable.toWeb(request) : undefined;
}

function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return gone.signal;
}
