import type { AuthFailureReason } from "../../../ports/access-observer.ts";
import type { AwsErrorCode, ProblemStatus } from "../errors.ts";

/** How a refusal is told: by the EventBridge API's code, and by the status of the other endpoints. */
const ANSWERS: Readonly<Record<AuthFailureReason, readonly [AwsErrorCode, ProblemStatus]>> = {
  missing: ["MissingAuthenticationTokenException", 401],
  malformed: ["IncompleteSignatureException", 401],
  unknown_key: ["UnrecognizedClientException", 401],
  bad_signature: ["InvalidSignatureException", 401],
  clock_skew: ["InvalidSignatureException", 401],
  bad_token: ["UnrecognizedClientException", 401],
  expired_token: ["ExpiredTokenException", 401],
  issuer_unavailable: ["ServiceUnavailable", 503],
  access_denied: ["AccessDeniedException", 403],
  web_page: ["AccessDeniedException", 403],
  unknown_host: ["AccessDeniedException", 403],
};

/** Somebody is not let in, or not let do something. The message is for the caller, and says nothing that it may not know. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: AuthFailureReason;

  constructor(reason: AuthFailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  get awsCode(): AwsErrorCode {
    return ANSWERS[this.reason][0];
  }

  get status(): ProblemStatus {
    return ANSWERS[this.reason][1];
  }

  /** Whether it may be otherwise in a moment. */
  get retryAfterSeconds(): number | undefined {
    return this.status === 503 ? 1 : undefined;
  }
}

/** A principal makes more requests than its rate allows. It may come again after the seconds given. */
export class TooManyRequests extends Error {
  override readonly name = "TooManyRequests";
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, message = "Rate exceeded") {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
