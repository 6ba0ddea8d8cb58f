import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from "express";
import type { RequestListener, ServerResponse } from "node:http";
import type { AuthFailureReason } from "../../ports/access-observer.ts";
import { Refusal, TooManyRequests } from "./auth/refusal.ts";
import type { ProblemAnswer, ProblemStatus } from "./errors.ts";
import { HttpProblem, problemDocument } from "./errors.ts";
import type { AnswerRefusal } from "./refuse-unread.ts";

/** Reports a failure that is the router's own fault, to be logged. */
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

/** Answers a request for a route that does not exist. */
export const notFound: RequestHandler = (request) => {
  throw new HttpProblem(404, `there is no ${request.method} ${request.baseUrl}${request.path} here`);
};

/**
 * Express's last handler: answers errors as problem details. An error that is no refusal is reported, and its answer
 * says nothing of its cause.
 */
export function problemHandler(report: ReportFault): ErrorRequestHandler {
  // Express recognizes an error handler by its four parameters.
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
 * Answers what Express cannot route: for a path such as `//a#/b` it would send a page of its own, without asking any of
 * the app's handlers.
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

/** Answers a refusal with problem details. */
export const answerRefusalAsProblem: AnswerRefusal = (_request, response, refusal) => {
  answerProblem(response, refusalProblem(refusal));
};

function answerProblem(response: ServerResponse, problem: ProblemAnswer): void {
  const retryAfter = problem.retryAfterSeconds;
  answerJson(response, problem.status, problemDocument(problem), {
    "content-type": "application/problem+json",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    ...(problem.status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
}

const STATUS_OF_REASON: Readonly<Record<AuthFailureReason, ProblemStatus>> = {
  missing: 401,
  malformed: 401,
  unknown_key: 401,
  bad_signature: 401,
  clock_skew: 401,
  bad_token: 401,
  expired_token: 401,
  issuer_unavailable: 503,
  access_denied: 403,
  web_page: 403,
  unknown_host: 403,
};

function refusalProblem(refusal: Refusal | TooManyRequests): ProblemAnswer {
  const status = refusal instanceof Refusal ? STATUS_OF_REASON[refusal.reason] : 429;
  return { status, message: refusal.message, retryAfterSeconds: refusal.retryAfterSeconds };
}

function toProblem(error: unknown, report: ReportFault): ProblemAnswer {
  if (error instanceof HttpProblem) return error;
  if (error instanceof Refusal || error instanceof TooManyRequests) return refusalProblem(error);
  // Express throws this for a path with broken percent-encoding.
  if (error instanceof URIError) return new HttpProblem(400, "the path is not correctly percent-encoded");
  report(error);
  return new HttpProblem(500, "internal error");
}
