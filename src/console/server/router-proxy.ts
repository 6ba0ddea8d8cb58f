import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { Request, RequestHandler, Response } from "express";
import { VERSION_HEADER } from "../../admin-api/answers.ts";
import { HttpProblem } from "../../edge/http/errors.ts";

/** Of an answer's headers, those that are the browser's as well. */
const ANSWER_HEADERS = ["content-type", "retry-after", "www-authenticate", VERSION_HEADER];
/** A redrive answers line by line for as long as it takes, and ends when its caller goes away. */
const ANSWER_BEGINS_MS_MAX = 30_000;

/** A segment of one or two dots, encoded or not, and a backslash, which a URL takes for a slash. */
const LEADS_ELSEWHERE = /\\|(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * Passes requests on to one resource of a router's own API, with the caller's credentials and no others: the console may
 * do nothing that its caller may not.
 *
 * @param routerUrl the router's admin port.
 * @param resource such as `queues`. No path leads out of it.
 */
export function routerProxy(routerUrl: string, resource: string): RequestHandler {
  return async (request, response) => {
    const answer = await ask(new URL(`/api/v1/${resource}${pathAndQuery(request)}`, routerUrl), {
      method: request.method,
      headers: passedOn(request.headers),
      body: bodyOf(request),
      gone: goneSignal(response),
    });
    await answerWith(answer, response);
  };
}

/**
 * Puts events as their caller, on a router's public port.
 *
 * @param publicUrl the router's public port.
 */
export function putProxy(publicUrl: string): RequestHandler {
  return async (request, response) => {
    const headers = {
      ...passedOn(request.headers),
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSEvents.PutEvents",
    };
    const asked = { method: "POST", headers, body: bodyOf(request), gone: goneSignal(response) };
    await answerWith(await ask(new URL("/", publicUrl), asked), response);
  };
}

/** Below the resource, as Express routed it: the API's own part of the path may be written in another case. */
function pathAndQuery({ path, url }: Request): string {
  if (LEADS_ELSEWHERE.test(path)) throw new HttpProblem(404, "the path leads out of the resource");
  const query = url.indexOf("?");
  return (path === "/" ? "" : path) + (query === -1 ? "" : url.slice(query));
}

interface Asked {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: ReadableStream | undefined;
  readonly gone: AbortSignal;
}

async function ask(url: URL, { method, headers, body, gone }: Asked): Promise<globalThis.Response> {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(), ANSWER_BEGINS_MS_MAX);
  try {
    return await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal: AbortSignal.any([gone, slow.signal]),
      ...(body === undefined ? {} : { body, duplex: "half" as const }),
    });
  } catch (cause) {
    throw new HttpProblem(503, "no router answers the console", { retryAfterSeconds: 1, cause });
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

/** Who asks, and what the body is. Nothing else of a browser's headers is a router's business. */
function passedOn({ authorization, "content-type": contentType, accept }: IncomingHttpHeaders): Record<string, string> {
  const all = { authorization, "content-type": contentType, accept };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
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
