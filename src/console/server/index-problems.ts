import type { ErrorRequestHandler } from "express";
import { HttpProblem } from "../../edge/http/errors.ts";
import { JournalIndexError } from "../index/journal-index.ts";

/** Makes what the index refuses the caller's problem, and what it cannot do just now one that passes. */
export const indexProblems: ErrorRequestHandler = (error: unknown, _request, _response, next) => {
  next(error instanceof JournalIndexError ? problemOf(error) : error);
};

/** What failed is a fault, and is reported as any other. */
function problemOf(error: JournalIndexError): Error {
  const { reason, message: detail } = error;
  if (reason === "refused") return new HttpProblem(400, detail, { cause: error });
  if (reason === "failed") return error;
  if (reason === "busy") return new HttpProblem(503, detail, { retryAfterSeconds: 1, cause: error });
  return new HttpProblem(503, "the console's index is being opened again", { retryAfterSeconds: 1, cause: error });
}
