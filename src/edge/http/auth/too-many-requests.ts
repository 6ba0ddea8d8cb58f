/** Somebody makes more requests than it may: they are to come again later. */
export class TooManyRequests extends Error {
  override readonly name = "TooManyRequests";
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super("Rate exceeded");
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
