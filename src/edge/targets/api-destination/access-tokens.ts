import type { ClientCredentials } from "../../../domain/target/function.ts";
import { isJsonObject, parseJson } from "../../../json/json.ts";
import type { Failure, Outcome } from "../../../domain/failure/outcome.ts";
import type { FailureReason } from "../../../domain/failure/reason.ts";
import type { Answer } from "../http/answer.ts";
import type { HttpCaller } from "../http/exchange.ts";
import { tokenRequest } from "./token-request.ts";
import { responseJsonOf } from "../../../domain/delivery/response-json.ts";

const TIMEOUT_MS = 5_000;
/** The lifetime of a token without `expires_in`. RFC 6749 leaves it open. */
const LIFETIME_MS_DEFAULT = 300_000;
/** A token is renewed this long before its end, or it might end on its way. */
const MARGIN_MS = 30_000;

/** An access token, and whether it was requested for this call. */
export interface AccessToken {
  readonly token: string;
  readonly isNew: boolean;
}

/** Hears of each request for a token. @param failure undefined where one was got. */
export type OnTokenRequest = (failure: Failure | undefined) => void;

/** Gets access tokens by OAuth 2.0's client credentials grant (RFC 6749, section 4.4) and keeps each until it ends. */
export class AccessTokens {
  readonly #credentials: ClientCredentials;
  readonly #caller: HttpCaller;
  readonly #nowMs: () => number;
  readonly #onRequest: OnTokenRequest;
  #current: { readonly token: string; readonly endsAtMs: number } | undefined;
  #asking: Promise<Failure | undefined> | undefined;

  constructor(
    credentials: ClientCredentials,
    caller: HttpCaller,
    nowMs: () => number,
    onRequest: OnTokenRequest = () => undefined,
  ) {
    this.#credentials = credentials;
    this.#caller = caller;
    this.#nowMs = nowMs;
    this.#onRequest = onRequest;
  }

  /**
   * A token to use now. Calls that need one at the same time share one request.
   *
   * @returns a failure when there is none. It is retried, since the server may be down, or the secret have been changed
   *   there first. For an address that may not be called it is `client_error`, and not retried.
   */
  async get(signal: AbortSignal): Promise<AccessToken | Failure> {
    const known = this.#valid();
    if (known !== undefined) return { token: known, isNew: false };
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    const failure = await this.#asking;
    signal.throwIfAborted();
    const token = this.#current?.token;
    if (token !== undefined) return { token, isNew: true };
    return failure ?? failedTo("got no access token");
  }

  /** Discards a token that was refused, whatever its lifetime. */
  drop(token: string): void {
    if (this.#current?.token === token) this.#current = undefined;
  }

  #valid(): string | undefined {
    const current = this.#current;
    return current !== undefined && this.#nowMs() < current.endsAtMs ? current.token : undefined;
  }

  async #ask(): Promise<Failure | undefined> {
    this.#current = undefined;
    const request = { ...tokenRequest(this.#credentials), timeoutMs: TIMEOUT_MS };
    const outcome = await this.#caller.exchange(request, (answer) => this.#take(answer));
    const failure = outcome.ok ? undefined : failedTo(outcome.message, outcome.reason);
    this.#onRequest(failure);
    return failure;
  }

  #take({ from, statusCode, body }: Answer): Outcome {
    const answer = statusCode === 200 ? parseJson(responseJsonOf(body) ?? "") : undefined;
    if (!isJsonObject(answer) || typeof answer.access_token !== "string") {
      return { ok: false, reason: "connection", message: `${from}: no access token, HTTP ${statusCode}` };
    }
    const seconds = Number(answer.expires_in);
    const lifetimeMs = seconds > 0 ? seconds * 1_000 : LIFETIME_MS_DEFAULT;
    // A token with a lifetime of less than twice the margin is used for half of it.
    const usableMs = Math.max(lifetimeMs - MARGIN_MS, lifetimeMs / 2);
    this.#current = { token: answer.access_token, endsAtMs: this.#nowMs() + usableMs };
    return { ok: true, statusCode };
  }
}

/** A missing token is retried, except where the address may not be called: only a change of configuration allows it. */
function failedTo(message: string, cause?: FailureReason): Failure {
  const reason = cause === "client_error" ? cause : "connection";
  return { ok: false, reason, message: `OAuth: ${message}` };
}
