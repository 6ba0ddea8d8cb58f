import type { Burst } from "../../../async/rate-limit.ts";
import { RateLimits } from "../../../async/rate-limit.ts";
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Principal } from "../../../domain/access/access.ts";
import { ANYONE } from "../../../domain/access/access.ts";
import type { AccessObserver, AuthFailureReason } from "../../../ports/access-observer.ts";
import type { AccessKey, Credentials } from "../../../domain/access/credentials.ts";
import type { ForeignRequest } from "../../../domain/access/foreign-request.ts";
import { foreignRequest } from "../../../domain/access/foreign-request.ts";
import type { Limit } from "../../../domain/limits.ts";
import { addressShare } from "./address-share.ts";
import { addressOf, Caller } from "./caller.ts";
import { JsonWebTokens } from "./json-web-token.ts";
import { Refusal, TooManyRequests } from "./refusal.ts";
import type { SignedRequest } from "./signed-request.ts";
import { isSigned, readSignature } from "./signed-request.ts";
import { checkHash, checkSigned, signedHashOf, verifySignature } from "./sigv4.ts";

const TOKEN_LENGTH_MAX = 16_384;

/** What authentication found out before the body of a request is read. */
export interface Authentication {
  /** The share that the room for the body comes from until its sender is proven. */
  readonly address: string;
  /** Who made the request; undefined where only its body can prove it. */
  readonly caller: Caller | undefined;
  /**
   * Completes the authentication with the request's body.
   *
   * @throws Refusal when it is not the body that was signed; TooManyRequests
   */
  verify(body: Buffer): Promise<Caller>;
}

export interface AuthenticatorOptions {
  /** The credentials in force; undefined where everybody may do everything. */
  readonly credentials: () => Credentials | undefined;
  /** Without credentials, the hosts that requests may name besides addresses and localhost. */
  readonly allowedHosts: readonly string[];
  readonly observer: Pick<AccessObserver, "access" | "issuerKeys">;
  /** Requests a second of a principal whose credentials set no rate of their own. */
  readonly rate: Limit;
  readonly clock: { readonly wallMs: () => number; readonly steadyMs: () => number };
}

/** Principals whose requests are counted. Only an issuer's tokens can bring more of them. */
const PRINCIPALS_MAX = 10_000;
/** One second's worth may come at once. Each router counts its own. */
const REQUEST_BURST: Burst = { calls: (perSecond) => perSecond - 1, isAllowedAtStart: true };

/** Identifies the principal that makes a request, by a signature (SigV4) or a bearer token. Failures are audited. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #tokens: JsonWebTokens;
  readonly #rates = new RateLimits(REQUEST_BURST, PRINCIPALS_MAX);

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#tokens = new JsonWebTokens(options.observer, options.clock.steadyMs);
  }

  /**
   * Says why a request is foreign, before it is routed; undefined when it is not. Only a router without credentials
   * checks this: with them, a page of another site has none to send.
   */
  foreignRequest(request: IncomingMessage): ForeignRequest | undefined {
    if (this.#options.credentials() !== undefined) return undefined;
    const foreign = foreignRequest(request.headers, this.#options.allowedHosts);
    if (foreign !== undefined) this.#audit(request, "http", foreign.reason);
    return foreign;
  }

  /**
   * Verifies the credential of a request as far as that is possible before its body is read. A token is verified whole,
   * and so is a signature that covers the body's hash; any other signature needs the body.
   *
   * @param action that the request asks for, for the audit.
   * @param service whose signing name the scope of a signature must have.
   * @throws Refusal when the credential is missing, unknown or wrong; TooManyRequests
   */
  async authenticate(request: IncomingMessage, action: string, service: string): Promise<Authentication> {
    const credentials = this.#options.credentials();
    const address = addressShare(addressOf(request));
    if (credentials === undefined) return authenticated(this.#callerOf(ANYONE, request), address);
    return this.#audited(request, action, async () => {
      const token = bearerTokenOf(request);
      if (token !== undefined) {
        return authenticated(this.#admit(await this.#principalOfToken(token, credentials), request), address);
      }
      const { signed, key } = this.#signatureOf(request, service, credentials);
      return this.#authenticateSigned(request, action, signed, key);
    });
  }

  /**
   * The same for requests whose bodies prove nothing about their sender: only a bearer token is accepted. A signature
   * covers the body, and is only for the AWS APIs.
   *
   * @throws Refusal, TooManyRequests
   */
  async authenticateToken(request: IncomingMessage, action: string): Promise<Caller> {
    const credentials = this.#options.credentials();
    if (credentials === undefined) return this.#callerOf(ANYONE, request);
    const principal = await this.#audited(request, action, async () => {
      const token = bearerTokenOf(request);
      if (token !== undefined) return this.#principalOfToken(token, credentials);
      if (!isSigned(request)) throw new Refusal("missing", "Missing Authentication Token");
      throw new Refusal("malformed", "Signatures are for the AWS APIs: send a bearer token here.");
    });
    return this.#admit(principal, request);
  }

  /**
   * The share that a request would come from if its credential were right. It verifies nothing and costs next to
   * nothing: it serves to refuse requests while the router is full. An unknown credential counts to its address.
   */
  likelyShare(request: IncomingMessage): string {
    const credentials = this.#options.credentials();
    return (credentials && likelyPrincipal(request, credentials)?.id) ?? addressShare(addressOf(request));
  }

  async #authenticateSigned(
    request: IncomingMessage,
    action: string,
    signed: SignedRequest,
    key: AccessKey,
  ): Promise<Authentication> {
    const address = addressShare(addressOf(request));
    const hash = signedHashOf(request);
    if (hash === undefined) {
      const verify = async (body: Buffer): Promise<Caller> => {
        await this.#audited(request, action, () => verifySignature(signed, request, body, key.secret));
        return this.#admit(key.principal, request);
      };
      return { address, caller: undefined, verify };
    }
    await verifySignature(signed, request, NO_BODY, key.secret);
    const caller = this.#admit(key.principal, request);
    const verify = async (body: Buffer): Promise<Caller> => {
      await this.#audited(request, action, () => checkHash(hash, body));
      return caller;
    };
    return { address, caller, verify };
  }

  #signatureOf(
    request: IncomingMessage,
    service: string,
    { accessKeys }: Credentials,
  ): { signed: SignedRequest; key: AccessKey } {
    const signed = readSignature(request);
    if (signed === undefined) throw new Refusal("missing", "Missing Authentication Token");
    const key = accessKeys.get(signed.accessKeyId);
    if (key === undefined) throw new Refusal("unknown_key", "The security token included in the request is invalid.");
    checkSigned(signed, request, service, this.#options.clock.wallMs());
    return { signed, key };
  }

  #principalOfToken(token: string, { bearerTokens, issuers }: Credentials): Promise<Principal> {
    const known = bearerTokens.get(hashOf(token));
    return known === undefined ? this.#tokens.verify(token, issuers) : Promise.resolve(known);
  }

  /** Counts the request against its principal's rate. */
  #admit(principal: Principal, request: IncomingMessage): Caller {
    const { rate, clock } = this.#options;
    const nowMs = clock.steadyMs();
    const limit = this.#rates.at(principal.id, principal.requestsPerSecond ?? rate.max, nowMs);
    const earlyMs = limit.tryTake(nowMs);
    if (earlyMs === 0) return this.#callerOf(principal, request);
    rate.exceeded();
    throw new TooManyRequests(Math.ceil(earlyMs / 1_000));
  }

  #callerOf(principal: Principal, request: IncomingMessage): Caller {
    return new Caller(principal, request, this.#options.observer);
  }

  /** Does some work of authentication; a refusal that it throws is audited. */
  async #audited<T>(request: IncomingMessage, action: string, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refusal) this.#audit(request, action, error.reason);
      throw error;
    }
  }

  #audit(request: IncomingMessage, action: string, outcome: AuthFailureReason): void {
    this.#options.observer.access({ action, from: addressOf(request), outcome });
  }
}

const NO_BODY = Buffer.alloc(0);

function authenticated(caller: Caller, address: string): Authentication {
  return { address, caller, verify: () => Promise.resolve(caller) };
}

function likelyPrincipal({ headers }: IncomingMessage, credentials: Credentials): Principal | undefined {
  const { authorization = "" } = headers;
  const keyId = /^AWS4-HMAC-SHA256 Credential=([^/,]{1,128})\//.exec(authorization)?.[1];
  if (keyId !== undefined) return credentials.accessKeys.get(keyId)?.principal;
  const token = /^Bearer +([\x21-\x7e]{1,1024})$/i.exec(authorization)?.[1];
  return token === undefined ? undefined : credentials.bearerTokens.get(hashOf(token));
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** RFC 6750, section 2.1. */
function bearerTokenOf({ headers }: IncomingMessage): string | undefined {
  const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization ?? "") ?? [];
  if (token === undefined || token.length <= TOKEN_LENGTH_MAX) return token;
  throw new Refusal("malformed", `A bearer token has at most ${TOKEN_LENGTH_MAX} characters.`);
}
