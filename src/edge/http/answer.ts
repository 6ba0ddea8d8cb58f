import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from "express";
import type { RequestListener, ServerResponse } from "node:http";
import { Refusal, TooManyRequests } from "./auth/refusal.ts";
import { HttpProblem, problemDocument, retryOf } from "./errors.ts";

/** Told of failures that are the router's own fault, to be logged. */
export type ReportFault = (error: unknown) => void;

/** Answers with JSON, written by node itself: express's own `json` would hash every answer for an ETag. */
export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(value);
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, { "content-type": "application/json", ...headers, "content-length": length });
  response.end(body);
}

/** Answers a request for something that is not there. */
export const notFound: RequestHandler = (request) => {
  throw new HttpProblem(404, `there is no ${request.method} ${request.path} here`);
};

/**
 * Express's last handler: what was thrown, as problem details. Whatever is not a refusal of ours is reported
 * and answered without a word about its cause.
 */
export function problemHandler(report: ReportFault): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    if (response.headersSent) {
      report(error);
      response.destroy();
      return;
    }
    answerProblem(response, toProblem(error, report));
  };
}

/**
 * The app with our own last word: Express answers a page of its own to what it cannot take for a path, such as
 * `//a#/b`, and asks none of the app's handlers.
 */
export function withLastWord(app: Express, report: ReportFault): RequestListener {
  return (request, response) => {
    app(request as Request, response as Response, (error?: unknown) => {
      answerProblem(
        response,
        error === undefined ? new HttpProblem(404, "there is no such path") : toProblem(error, report),
      );
    });
  };
}

/** Answers with problem details. */
export function answerProblem(response: ServerResponse, problem: HttpProblem): void {
  const retryAfter = problem.retryAfterSeconds;
  answerJson(response, problem.status, problemDocument(problem), {
    "content-type": "application/problem+json",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    ...(problem.status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
}

function toProblem(error: unknown, report: ReportFault): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof Refusal) return new HttpProblem(error.status, error.message, retryOf(error));
  if (error instanceof TooManyRequests) return new HttpProblem(429, error.message, retryOf(error));
  // Express throws this for a path with broken percent-encoding.
  if (error instanceof URIError) return new HttpProblem(400, "the path is not correctly percent-encoded");
  report(error);
  return new HttpProblem(500, "internal error");
}
