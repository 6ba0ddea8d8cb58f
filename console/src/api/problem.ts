/** A request that was refused or could not be made. */
export interface Problem {
  /** Undefined where there was no answer at all. */
  readonly status?: number;
  readonly title: string;
  readonly detail: string;
}

/** The error that a request throws. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, cause?: unknown) {
    super(problem.detail, { cause });
    this.problem = problem;
  }
}

/**
 * Reads a refusal: of the API (RFC 9457), of EventBridge's (AWS JSON 1.1) or of Lambda's, whose error is named by a header,
 * whatever stands in its body.
 */
export function problemOf({ status, statusText, headers }: Response, body: unknown): Problem {
  const read = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const title = read["title"] ?? read["__type"] ?? headers.get("x-amzn-errortype");
  const detail = read["detail"] ?? read["message"] ?? read["Message"];
  return {
    status,
    title: typeof title === "string" ? title : statusText || `Status ${status}`,
    detail: typeof detail === "string" ? detail : "The answer does not say why.",
  };
}

/** What failed, as it is shown to people. */
export function problemFrom(error: unknown): Problem {
  return error instanceof ApiError ? error.problem : { title: "Failed", detail: String(error) };
}
