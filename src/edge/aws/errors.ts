import type { JsonObject } from "../../json/json.ts";
import type { AuthFailureReason } from "../../ports/access-observer.ts";
import { Refusal, TooManyRequests } from "../http/auth/refusal.ts";
import type { RetryOptions } from "../http/errors.ts";

/** The errors that every service answers, with their HTTP statuses. Each service has a list of its own besides. */
export const COMMON_ERROR_STATUS = {
  // As the API reference has them; older services answer 400 to some.
  AccessDeniedException: 403,
  ExpiredTokenException: 403,
  IncompleteSignatureException: 403,
  InternalException: 500,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  RequestEntityTooLarge: 413,
  RequestTimeoutException: 408,
  SerializationException: 400,
  ServiceUnavailable: 503,
  // AWS answers 400 and its SDKs go by the code. They retry on 429 too, and so do proxies and plain HTTP clients.
  ThrottlingException: 429,
  UnknownOperationException: 400,
  UnrecognizedClientException: 403,
  UnsupportedMediaTypeException: 415,
  ValidationException: 400,
} as const;

type CommonErrorCode = keyof typeof COMMON_ERROR_STATUS;

/** What a protocol writes of an error. */
export interface AwsErrorAnswer {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
  /** What the body of the error has besides, in protocols that write it. */
  readonly members?: JsonObject | undefined;
}

interface AwsErrorOptions extends RetryOptions {
  readonly members?: JsonObject;
}

/** A refusal in the words of an AWS API. */
export class AwsError extends Error implements AwsErrorAnswer {
  override readonly name = "AwsError";
  readonly code: string;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  readonly members: JsonObject | undefined;

  constructor(code: string, status: number, message: string, options: AwsErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.members = options.members;
  }
}

/** Makes the function that makes the errors of a list of codes and statuses. */
export function errorsOf<Code extends string>(statuses: Readonly<Record<Code, number>>) {
  return (code: Code, message: string, options?: AwsErrorOptions): AwsError =>
    new AwsError(code, statuses[code], message, options);
}

/** Makes an error that every service answers. */
export const commonError = errorsOf<CommonErrorCode>(COMMON_ERROR_STATUS);

const CODE_OF_REASON: Readonly<Record<AuthFailureReason, CommonErrorCode>> = {
  missing: "MissingAuthenticationTokenException",
  malformed: "IncompleteSignatureException",
  unknown_key: "UnrecognizedClientException",
  bad_signature: "InvalidSignatureException",
  clock_skew: "InvalidSignatureException",
  bad_token: "UnrecognizedClientException",
  expired_token: "ExpiredTokenException",
  issuer_unavailable: "ServiceUnavailable",
  access_denied: "AccessDeniedException",
  web_page: "AccessDeniedException",
  unknown_host: "AccessDeniedException",
};

/** The answer to a refusal. It is no `Error`: making one costs more than the answer, and a full router makes many. */
export function refusalAnswer(refusal: Refusal | TooManyRequests): AwsErrorAnswer {
  const code = refusal instanceof Refusal ? CODE_OF_REASON[refusal.reason] : "ThrottlingException";
  const { message, retryAfterSeconds } = refusal;
  return { code, status: COMMON_ERROR_STATUS[code], message, retryAfterSeconds };
}

/** The answer to whatever an operation threw. What is no refusal is a fault of the router: it is reported, not shown. */
export function errorAnswer(error: unknown, report: (error: unknown) => void): AwsErrorAnswer {
  if (error instanceof AwsError) return error;
  if (error instanceof Refusal || error instanceof TooManyRequests) return refusalAnswer(error);
  report(error);
  return commonError("InternalException", "Internal error.", { cause: error });
}
