import { STATUS_CODES } from "node:http";

/** Every status of problem details (RFC 9457), in which all endpoints but the AWS APIs refuse. */
export const PROBLEM_STATUSES = [400, 401, 403, 404, 409, 413, 415, 429, 500, 503] as const;

export type ProblemStatus = (typeof PROBLEM_STATUSES)[number];

/** Options of an error that may say when to come back. */
export interface RetryOptions extends ErrorOptions {
  readonly retryAfterSeconds?: number;
}

/** What an answer of problem details is written from; the message is the `detail`. */
export interface ProblemAnswer {
  readonly status: ProblemStatus;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
}

/** A refusal as problem details. */
export class HttpProblem extends Error implements ProblemAnswer {
  override readonly name = "Problem";
  readonly status: ProblemStatus;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: ProblemStatus, message: string, options: RetryOptions = {}) {
    super(message, options);
    this.status = status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The document of a problem. It has no type of its own, so its title is the status in words (RFC 9457, section 4.2.1). */
export function problemDocument({ status, message }: ProblemAnswer): Record<string, unknown> {
  return { type: "about:blank", title: STATUS_CODES[status], status, detail: message };
}
