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

/** Reads the body of a refusal, of the API (RFC 9457) or of EventBridge's (AWS JSON 1.1), whatever stands in it. */
export function problemOf(status: number, statusText: string, body: unknown): Problem {
  const read = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const [title, detail] = [read["title"] ?? read["__type"], read["detail"] ?? read["message"]];
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
