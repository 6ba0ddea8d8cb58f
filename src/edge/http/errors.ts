import { STATUS_CODES } from "node:http";

/** Every error code of the EventBridge API that is answered here, with its HTTP status. */
export const AWS_ERROR_STATUS = {
  // As the API reference has them; older services answer 400 to some.
  AccessDeniedException: 403,
  ExpiredTokenException: 403,
  IncompleteSignatureException: 403,
  InternalException: 500,
  InvalidEventPatternException: 400,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  OperationDisabledException: 400,
  RequestEntityTooLarge: 413,
  RequestTimeoutException: 408,
  ResourceNotFoundException: 400,
  SerializationException: 400,
  ServiceUnavailable: 503,
  // AWS answers 400 and its SDKs go by the code. They retry on 429 too, and so do proxies and plain HTTP clients.
  ThrottlingException: 429,
  UnknownOperationException: 400,
  UnrecognizedClientException: 403,
  UnsupportedMediaTypeException: 415,
  ValidationException: 400,
} as const;

export type AwsErrorCode = keyof typeof AWS_ERROR_STATUS;

/** Every status that the other endpoints refuse a request with, as problem details (RFC 9457). */
export const PROBLEM_STATUSES = [400, 401, 403, 404, 409, 413, 415, 429, 500, 503] as const;

export type ProblemStatus = (typeof PROBLEM_STATUSES)[number];

/** An answer in place of the one asked for. With `retryAfterSeconds` the client is told when to come back. */
interface RefusalOptions extends ErrorOptions {
  readonly retryAfterSeconds?: number;
}

/** When to come back, as something else that was thrown says it. */
export function retryOf({ retryAfterSeconds }: { readonly retryAfterSeconds: number | undefined }): RefusalOptions {
  return retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
}

/** A refusal in the words of the EventBridge API. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly code: AwsErrorCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: AwsErrorCode, message: string, options: RefusalOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A refusal as problem details; the message is the `detail`. */
export class HttpProblem extends Error {
  override readonly name = "Problem";
  readonly status: ProblemStatus;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: ProblemStatus, message: string, options: RefusalOptions = {}) {
    super(message, options);
    this.status = status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The document of a problem. It has no type of its own, so its title is the status in words (RFC 9457, section 4.2.1). */
export function problemDocument({ status, message }: HttpProblem): Record<string, unknown> {
  return { type: "about:blank", title: STATUS_CODES[status], status, detail: message };
}
