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

/** Reads the body of a refusal (RFC 9457), whatever stands in it. */
export function problemOf(status: number, statusText: string, body: unknown): Problem {
  const { title, detail } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return {
    status,
    title: typeof title === "string" ? title : statusText || `Status ${status}`,
    detail: typeof detail === "string" ? detail : "The answer does not say why.",
  };
}
