import { readFile } from "node:fs/promises";
import * as client from "openid-client";
import { issuerText } from "../../../edge/http/auth/fetch-key-set.ts";
import { cutText } from "../../../text/cut-text.ts";

const ANSWER_SECONDS_MAX = 5;
const WHY_BYTES_MAX = 200;
/** After that its addresses, and the client's secret, are read again. */
const METADATA_MS_MAX = 3_600_000;

export interface IssuerOptions {
  readonly issuer: string;
  /** What people know it by. */
  readonly name: string;
  readonly clientId: string;
  readonly clientSecretFile: string | undefined;
  readonly scopes: string;
  /** Which of its tokens routers are sent. */
  readonly token: "id" | "access";
}

/** The tokens of somebody who has signed in. */
export interface IssuedTokens {
  /** For routers. */
  readonly token: string;
  /** Where the issuer gives one. */
  readonly refresh: string | undefined;
}

/** What the answer to a sign-in is checked by. */
export interface BegunSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** `unavailable`: it does not answer, or not as an issuer does. `refused`: it says no. */
export class IssuerError extends Error {
  override readonly name = "IssuerError";
  readonly reason: "unavailable" | "refused";

  constructor(reason: IssuerError["reason"], cause: unknown) {
    super(`the issuer ${reason === "refused" ? "refused" : "is not available"}`, { cause });
    this.reason = reason;
  }
}

/**
 * An OpenID Connect issuer, as the console signs people in with it: authorization code flow with PKCE, state and nonce, by
 * `openid-client`. Its answers are bounded in length and time.
 */
export class SignInIssuer {
  readonly #options: IssuerOptions;
  readonly #nowMs: () => number;
  #known: { readonly metadata: Promise<client.Configuration>; readonly atMs: number } | undefined;

  constructor(options: IssuerOptions, nowMs: () => number) {
    this.#options = options;
    this.#nowMs = nowMs;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Begins a sign-in. @returns where the browser is to go. @throws IssuerError */
  async begin(redirectUri: string): Promise<{ readonly url: string; readonly begun: BegunSignIn }> {
    return this.#asked(async (metadata) => {
      const verifier = client.randomPKCECodeVerifier();
      const begun = { state: client.randomState(), nonce: client.randomNonce(), verifier };
      const url = client.buildAuthorizationUrl(metadata, {
        redirect_uri: redirectUri,
        scope: this.#options.scopes,
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      return { url: url.href, begun };
    });
  }

  /** Completes a sign-in. @param answer the address that the issuer sent the browser to. @throws IssuerError */
  async complete(answer: URL, { state, nonce, verifier }: BegunSignIn): Promise<IssuedTokens> {
    return this.#asked(async (metadata) => {
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
      const tokens = this.#tokensOf(await client.authorizationCodeGrant(metadata, answer, checks));
      if (tokens === undefined) throw new Error("the answer has no such token");
      return tokens;
    });
  }

  /** Fetches new tokens. @returns undefined where the issuer gives no more. @throws IssuerError */
  async renew(refresh: string): Promise<IssuedTokens | undefined> {
    const answered = await this.#asked((metadata) => client.refreshTokenGrant(metadata, refresh));
    const tokens = this.#tokensOf(answered);
    return tokens && { ...tokens, refresh: tokens.refresh ?? refresh };
  }

  /**
   * Ends what it gave. No token goes into an address: an issuer may ask whether it is meant, since it gets no hint.
   *
   * @returns where the browser signs out at the issuer, if it can. @throws IssuerError
   */
  async end(refresh: string | undefined, returnTo: string): Promise<string | undefined> {
    return this.#asked(async (metadata) => {
      const { revocation_endpoint: revokes, end_session_endpoint: ends } = metadata.serverMetadata();
      if (refresh !== undefined && revokes !== undefined) await client.tokenRevocation(metadata, refresh);
      if (ends === undefined) return undefined;
      return client.buildEndSessionUrl(metadata, { post_logout_redirect_uri: returnTo }).href;
    });
  }

  #tokensOf(answered: client.TokenEndpointResponse): IssuedTokens | undefined {
    const token = this.#options.token === "id" ? answered.id_token : answered.access_token;
    return token === undefined ? undefined : { token, refresh: answered.refresh_token };
  }

  async #asked<Answer>(ask: (metadata: client.Configuration) => Promise<Answer>): Promise<Answer> {
    try {
      return await ask(await this.#metadata());
    } catch (error) {
      // The secret may have been exchanged.
      if (error instanceof client.ResponseBodyError && error.error === "invalid_client") this.#known = undefined;
      throw new IssuerError(isRefusal(error) ? "refused" : "unavailable", error);
    }
  }

  /** One request at a time, however many ask; a failure is not kept. */
  #metadata(): Promise<client.Configuration> {
    const known = this.#known;
    if (known !== undefined && this.#nowMs() - known.atMs < METADATA_MS_MAX) return known.metadata;
    const metadata = this.#discover();
    this.#known = { metadata, atMs: this.#nowMs() };
    metadata.catch(() => (this.#known = undefined));
    return metadata;
  }

  async #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecretFile } = this.#options;
    const secret = clientSecretFile === undefined ? undefined : (await readFile(clientSecretFile, "utf8")).trim();
    const authentication = secret === undefined ? client.None() : client.ClientSecretBasic(secret);
    return client.discovery(new URL(issuer), clientId, undefined, authentication, {
      timeout: ANSWER_SECONDS_MAX,
      [client.customFetch]: boundedFetch,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- The settings allow such an issuer on loopback only.
      execute: issuer.startsWith("http:") ? [client.allowInsecureRequests] : [],
    });
  }
}

/** Whether it answered as it should, and the answer is no. */
function isRefusal(error: unknown): boolean {
  return error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError;
}

/**
 * Why something failed, down to what it was caused by. Only messages and OAuth's error codes: other fields of such errors hold codes
 * and tokens.
 */
export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  const hasCode = error instanceof client.ResponseBodyError || error instanceof client.AuthorizationResponseError;
  const message = cutText(hasCode ? error.error : error.message, WHY_BYTES_MAX);
  return cause instanceof Error ? `${message}: ${whyOf(cause)}` : message;
}

const boundedFetch: client.CustomFetch = async (url, { body, ...options }) => {
  const response = await fetch(url, { ...options, body: (body ?? null) as NonNullable<RequestInit["body"]> | null });
  const text = response.body === null ? null : await issuerText(response, "the issuer");
  return new Response(text, { status: response.status, headers: response.headers });
};
