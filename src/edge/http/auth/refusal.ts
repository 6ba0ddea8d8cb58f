import type { AuthFailureReason } from "../../../ports/access-observer.ts";

/** A request is refused for who sent it, or for what its sender may not do. The message holds nothing secret. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: AuthFailureReason;

  constructor(reason: AuthFailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  /** Set where the same request may be accepted in a moment. */
  get retryAfterSeconds(): number | undefined {
    return this.reason === "issuer_unavailable" ? 1 : undefined;
  }
}

/** A request is refused because there are too many. Another may come after the seconds given. */
export class TooManyRequests extends Error {
  override readonly name = "TooManyRequests";
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, message = "Rate exceeded") {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
