import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Principal } from "../../../core/access.ts";
import { ANYONE } from "../../../core/access.ts";
import type { AccessObserver, AuthFailureReason } from "../../../core/access-observer.ts";
import type { Credentials } from "../../../core/credentials.ts";
import type { ForeignRequest } from "../../../core/foreign-request.ts";
import { foreignRequest } from "../../../core/foreign-request.ts";
import type { Limit } from "../../../core/limits.ts";
import { addressOf, Caller } from "./caller.ts";
import { JsonWebTokens } from "./json-web-token.ts";
import { Refusal } from "./refusal.ts";
import { RequestRates } from "./request-rate.ts";
import { isSigned, readSignature } from "./signed-request.ts";
import { checkSigned, verifySignature } from "./sigv4.ts";
import { TooManyRequests } from "./too-many-requests.ts";

const TOKEN_LENGTH_MAX = 16_384;

/** A request that may be worth reading: it brought a credential that we know. */
export interface Claim {
  /**
   * Who made the request, once its body is there to be looked at as well.
   *
   * @throws Refusal, TooManyRequests
   */
  verify(body: Buffer): Promise<Caller>;
}

export interface DoorOptions {
  /** Those in force; undefined where everybody may do everything. */
  readonly credentials: () => Credentials | undefined;
  /** Besides addresses and localhost, the hosts that requests may name where nobody is asked who they are. */
  readonly allowedHosts: readonly string[];
  readonly observer: Pick<AccessObserver, "access" | "issuerKeys">;
  /** Requests a second of one principal, where its credentials say no other. */
  readonly rate: Limit;
  readonly clock: { readonly wallMs: () => number; readonly steadyMs: () => number };
}

/** Asks everybody who comes in who they are. */
export class Door {
  readonly #options: DoorOptions;
  readonly #tokens: JsonWebTokens;
  readonly #rates: RequestRates;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#tokens = new JsonWebTokens(options.observer, options.clock.steadyMs);
    this.#rates = new RequestRates(options.clock.steadyMs);
  }

  /**
   * Why a request is refused before its route is known: where nobody is asked who they are, for what sent it. Where
   * somebody is asked, a page of another site has no credential.
   */
  foreign(request: IncomingMessage): ForeignRequest | undefined {
    if (this.#options.credentials() !== undefined) return undefined;
    const foreign = foreignRequest(request.headers, this.#options.allowedHosts);
    if (foreign !== undefined) this.#refused(request, "http", foreign.reason);
    return foreign;
  }

  /**
   * Looks at the credential of a request, a signature (SigV4) or a bearer token, before the body is read.
   *
   * @param action what the request asks for, to be told of it when it is refused.
   * @throws Refusal when there is none, or none that we know.
   */
  claim(request: IncomingMessage, action: string): Claim {
    const credentials = this.#options.credentials();
    if (credentials === undefined) return { verify: () => Promise.resolve(this.#caller(ANYONE, request)) };
    const prove = this.#telling(request, action, () => this.#proof(request, credentials));
    return {
      verify: async (body) => {
        const principal = await this.#tellingLater(request, action, () => prove(body));
        this.#takeRate(principal);
        return this.#caller(principal, request);
      },
    };
  }

  /**
   * The same for requests whose bodies say nothing of who sent them: only a bearer token will do. A signature, which signs
   * the body, is for the EventBridge API alone, in the header or in the query.
   */
  async admit(request: IncomingMessage, action: string): Promise<Caller> {
    const credentials = this.#options.credentials();
    if (credentials === undefined) return this.#caller(ANYONE, request);
    const principal = await this.#tellingLater(request, action, async () => {
      const token = bearerTokenOf(request);
      if (token !== undefined) return this.#byToken(token, credentials);
      if (!isSigned(request)) throw new Refusal("missing", "Missing Authentication Token");
      throw new Refusal("malformed", "Signatures are for the EventBridge API: send a bearer token here.");
    });
    this.#takeRate(principal);
    return this.#caller(principal, request);
  }

  #proof(request: IncomingMessage, credentials: Credentials): (body: Buffer) => Promise<Principal> {
    const token = bearerTokenOf(request);
    if (token !== undefined) return () => this.#byToken(token, credentials);
    const signed = readSignature(request);
    if (signed === undefined) throw new Refusal("missing", "Missing Authentication Token");
    const key = credentials.accessKeys.get(signed.accessKeyId);
    if (key === undefined) throw new Refusal("unknown_key", "The security token included in the request is invalid.");
    checkSigned(signed, request, this.#options.clock.wallMs());
    return async (body) => {
      await verifySignature(signed, request, body, key.secret);
      return key.principal;
    };
  }

  #byToken(token: string, { bearerTokens, issuers }: Credentials): Promise<Principal> {
    const known = bearerTokens.get(createHash("sha256").update(token).digest("hex"));
    return known === undefined ? this.#tokens.verify(token, issuers) : Promise.resolve(known);
  }

  #takeRate({ id, requestsPerSecond }: Principal): void {
    const { rate } = this.#options;
    const earlySeconds = this.#rates.take(id, requestsPerSecond ?? rate.max);
    if (earlySeconds === 0) return;
    rate.exceeded();
    throw new TooManyRequests(Math.ceil(earlySeconds));
  }

  #caller(principal: Principal, request: IncomingMessage): Caller {
    return new Caller(principal, request, this.#options.observer);
  }

  #telling<T>(request: IncomingMessage, action: string, look: () => T): T {
    try {
      return look();
    } catch (error) {
      this.#tell(request, action, error);
      throw error;
    }
  }

  async #tellingLater<T>(request: IncomingMessage, action: string, look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (error) {
      this.#tell(request, action, error);
      throw error;
    }
  }

  #tell(request: IncomingMessage, action: string, error: unknown): void {
    if (error instanceof Refusal) this.#refused(request, action, error.reason);
  }

  #refused(request: IncomingMessage, action: string, outcome: AuthFailureReason): void {
    this.#options.observer.access({ action, from: addressOf(request), outcome });
  }
}

/** RFC 6750, section 2.1. */
function bearerTokenOf({ headers }: IncomingMessage): string | undefined {
  const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization ?? "") ?? [];
  if (token === undefined || token.length <= TOKEN_LENGTH_MAX) return token;
  throw new Refusal("malformed", `A bearer token has at most ${TOKEN_LENGTH_MAX} characters.`);
}
