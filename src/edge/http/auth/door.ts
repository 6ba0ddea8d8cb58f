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
import { Refusal } from "./refusal.ts";
import { RequestRates } from "./request-rate.ts";
import type { SignedRequest } from "./signed-request.ts";
import { isSigned, readSignature } from "./signed-request.ts";
import { checkHash, checkSigned, signedHashOf, verifySignature } from "./sigv4.ts";
import { TooManyRequests } from "./too-many-requests.ts";

const TOKEN_LENGTH_MAX = 16_384;

/** A request that is worth reading: it brought a credential that we know. */
export interface Claim {
  /** Whose share the room of its body comes from until it is proven who made it. */
  readonly address: string;
  /** Who made the request; undefined where only its body can prove it. */
  readonly caller: Caller | undefined;
  /**
   * Who made the request, now that its body is there.
   *
   * @throws Refusal when it is not the body that was signed; TooManyRequests
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
   * Verifies the credential of a request, a signature (SigV4) or a bearer token, as far as that can be done before the
   * body is read: whole where it is a token, or where the body's hash is signed as well as the body.
   *
   * @param action what the request asks for, to be noted when it is refused.
   * @throws Refusal when there is none, or none that we know; TooManyRequests
   */
  async claim(request: IncomingMessage, action: string): Promise<Claim> {
    const credentials = this.#options.credentials();
    const address = addressShare(addressOf(request));
    if (credentials === undefined) return proven(this.#caller(ANYONE, request), address);
    return this.#noted(request, action, async () => {
      const token = bearerTokenOf(request);
      if (token !== undefined) return proven(this.#letIn(await this.#byToken(token, credentials), request), address);
      const { signed, key } = this.#signatureOf(request, credentials);
      const hash = signedHashOf(request);
      if (hash !== undefined) {
        await verifySignature(signed, request, NO_BODY, key.secret);
        const caller = this.#letIn(key.principal, request);
        const verify = async (body: Buffer): Promise<Caller> => {
          await this.#noted(request, action, () => checkHash(hash, body));
          return caller;
        };
        return { address, caller, verify };
      }
      const verify = async (body: Buffer): Promise<Caller> => {
        await this.#noted(request, action, () => verifySignature(signed, request, body, key.secret));
        return this.#letIn(key.principal, request);
      };
      return { address, caller: undefined, verify };
    });
  }

  /**
   * The same for requests whose bodies say nothing of who sent them: only a bearer token will do. A signature, which signs
   * the body, is for the EventBridge API alone, in the header or in the query.
   */
  async admit(request: IncomingMessage, action: string): Promise<Caller> {
    const credentials = this.#options.credentials();
    if (credentials === undefined) return this.#caller(ANYONE, request);
    const principal = await this.#noted(request, action, async () => {
      const token = bearerTokenOf(request);
      if (token !== undefined) return this.#byToken(token, credentials);
      if (!isSigned(request)) throw new Refusal("missing", "Missing Authentication Token");
      throw new Refusal("malformed", "Signatures are for the EventBridge API: send a bearer token here.");
    });
    return this.#letIn(principal, request);
  }

  /**
   * Whose share a request would come from if it were what it says: a guess that costs next to nothing, for refusing
   * what there is no room for. Where it says nothing that is known, its address.
   */
  supposedShare(request: IncomingMessage): string {
    const credentials = this.#options.credentials();
    return (credentials && supposedPrincipal(request, credentials)?.id) ?? addressShare(addressOf(request));
  }

  #signatureOf(request: IncomingMessage, { accessKeys }: Credentials): { signed: SignedRequest; key: AccessKey } {
    const signed = readSignature(request);
    if (signed === undefined) throw new Refusal("missing", "Missing Authentication Token");
    const key = accessKeys.get(signed.accessKeyId);
    if (key === undefined) throw new Refusal("unknown_key", "The security token included in the request is invalid.");
    checkSigned(signed, request, this.#options.clock.wallMs());
    return { signed, key };
  }

  #byToken(token: string, { bearerTokens, issuers }: Credentials): Promise<Principal> {
    const known = bearerTokens.get(hashOf(token));
    return known === undefined ? this.#tokens.verify(token, issuers) : Promise.resolve(known);
  }

  #letIn(principal: Principal, request: IncomingMessage): Caller {
    this.#takeRate(principal);
    return this.#caller(principal, request);
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

  async #noted<T>(request: IncomingMessage, action: string, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
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

const NO_BODY = Buffer.alloc(0);

function proven(caller: Caller, address: string): Claim {
  return { address, caller, verify: () => Promise.resolve(caller) };
}

function supposedPrincipal({ headers }: IncomingMessage, credentials: Credentials): Principal | undefined {
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
