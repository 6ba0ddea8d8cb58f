import type { JwtAuthorizer } from "../../../domain/http-route/http-route.ts";
import type { AccessObserver } from "../../../ports/access-observer.ts";
import { IssuerKeys } from "../../http/auth/issuer-keys.ts";
import { verifiedClaims } from "../../http/auth/verified-claims.ts";
import type { DoorRequest } from "../door-request.ts";
import { identityAt } from "./identity.ts";
import type { AuthorizerVerdict } from "./verdict.ts";
import { refused } from "./verdict.ts";

/** As API Gateway has them. */
const ALGORITHMS = ["RS256", "RS384", "RS512"];
const TOKEN_CHARACTERS_MAX = 16_384;

export interface JwtAuthorizersOptions {
  readonly accessObserver: Pick<AccessObserver, "issuerKeys">;
  readonly steadyMs: () => number;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
}

/** Verifies JSON Web Tokens for routes, by the keys of the issuers that the configuration names. */
export class JwtAuthorizers {
  readonly #observer: Pick<AccessObserver, "issuerKeys">;
  readonly #steadyMs: () => number;
  readonly #nowMs: () => number;
  /** By issuer and address. There are as many as the files name. */
  readonly #keys = new Map<string, IssuerKeys>();

  constructor({ accessObserver, steadyMs, nowMs }: JwtAuthorizersOptions) {
    this.#observer = accessObserver;
    this.#steadyMs = steadyMs;
    this.#nowMs = nowMs;
  }

  async authorize(authorizer: JwtAuthorizer, request: DoorRequest): Promise<AuthorizerVerdict> {
    const given = identityAt(authorizer.identitySource, request);
    if (given === undefined) return unauthorized("the token is missing");
    const token = given.replace(/^Bearer +/i, "");
    if (token.length > TOKEN_CHARACTERS_MAX) return unauthorized("the token is too long");
    const { issuer } = authorizer;
    const verified = await verifiedClaims(token, this.#keysOf(authorizer), { issuer, algorithms: ALGORITHMS });
    if (verified.ok) return verdictOf(authorizer, verified.claims, this.#nowMs());
    if (verified.reason === "keys_unavailable") return refused("internal");
    return unauthorized(verified.reason === "expired" ? "the token has expired" : "the token is not valid");
  }

  #keysOf({ issuer, jwksUrl }: JwtAuthorizer): IssuerKeys {
    const key = JSON.stringify([issuer, jwksUrl]);
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const asked = { name: issuer, issuer, ...(jwksUrl === undefined ? {} : { jwksUrl }) };
    const keys = new IssuerKeys(asked, this.#observer, this.#steadyMs);
    this.#keys.set(key, keys);
    return keys;
  }
}

type Claims = Readonly<Record<string, unknown>>;

function verdictOf({ audience, scopes }: JwtAuthorizer, claims: Claims, nowMs: number): AuthorizerVerdict {
  const { aud, client_id: clientId, iat } = claims;
  const named = aud ?? clientId;
  const isForUs = [named].flat().some((one) => typeof one === "string" && audience.includes(one));
  if (!isForUs) return unauthorized("the token is for another audience");
  if (typeof iat === "number" && iat * 1_000 > nowMs) return unauthorized("the token is of the future");
  const held = scopesOf(claims);
  if (scopes.length > 0 && !scopes.some((scope) => held.includes(scope))) return refused("forbidden");
  const texts = Object.entries(claims).map(([name, value]) => [name, claimText(value)] as const);
  return {
    ok: true,
    authorized: { kind: "jwt", claims: Object.fromEntries(texts), scopes: scopes.length === 0 ? null : scopes },
  };
}

/** `scope` is a text with blanks between them, `scp` the same or a list. */
function scopesOf({ scope, scp }: Claims): readonly string[] {
  return [scope, scp].flat().flatMap((one) => (typeof one === "string" ? one.split(" ") : []));
}

/** Claims reach functions as texts; a list as `[a b]`. */
function claimText(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? `[${value.map(claimText).join(" ")}]` : JSON.stringify(value);
}

function unauthorized(why: string): AuthorizerVerdict {
  return {
    ok: false,
    error: "unauthorized",
    wwwAuthenticate: `Bearer scope="" error="invalid_token" error_description="${why}"`,
  };
}
