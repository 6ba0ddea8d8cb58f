import { decodeJwt, errors, jwtVerify, type JWTPayload } from "jose";
import type { Principal } from "../../../domain/access/access.ts";
import type { AccessObserver } from "../../../ports/access-observer.ts";
import { issuedPrincipal } from "../../../domain/access/access.ts";
import type { TokenIssuer } from "../../../domain/access/credentials.ts";
import { isLine } from "../../../text/line.ts";
import { IssuerKeys, KeysUnavailable } from "./issuer-keys.ts";
import { Refusal } from "./refusal.ts";

/** Signed with a key that only the issuer has. A shared secret, or none, is no proof of who made it. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

const SUBJECT_CHARACTERS_MAX = 256;

const BAD_TOKEN = "The bearer token is not valid.";

/** Verifies JSON Web Tokens by their issuers' keys. */
export class JsonWebTokens {
  readonly #observer: Pick<AccessObserver, "issuerKeys">;
  readonly #steadyMs: () => number;
  readonly #keys = new Map<string, IssuerKeys>();

  constructor(observer: Pick<AccessObserver, "issuerKeys">, steadyMs: () => number) {
    this.#observer = observer;
    this.#steadyMs = steadyMs;
  }

  /**
   * Who a token speaks for, and what it may do by its claims.
   *
   * @throws Refusal
   */
  async verify(token: string, issuers: ReadonlyMap<string, TokenIssuer>): Promise<Principal> {
    const issuer = issuers.get(issuerOf(token));
    if (issuer === undefined) throw new Refusal("bad_token", BAD_TOKEN);
    const claims = await this.#claims(token, issuer);
    const subject = claims[issuer.nameClaim];
    // It stands in logs and errors from here on.
    if (!isLine(subject, SUBJECT_CHARACTERS_MAX) || subject === "") throw new Refusal("bad_token", BAD_TOKEN);
    const statements = issuer.grants
      .filter((grant) => holds(claims[grant.claim], grant.values))
      .flatMap((grant) => grant.statements);
    const { requestsPerSecond } = issuer;
    return {
      id: issuedPrincipal(issuer.name, subject),
      statements,
      ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    };
  }

  async #claims(token: string, issuer: TokenIssuer): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.#keysOf(issuer).find, {
        issuer: issuer.issuer,
        audience: [...issuer.audience],
        algorithms: ALGORITHMS,
        clockTolerance: issuer.clockToleranceSeconds,
        requiredClaims: ["exp", issuer.nameClaim],
      });
      return payload;
    } catch (cause) {
      if (cause instanceof errors.JWTExpired)
        throw new Refusal("expired_token", "The bearer token has expired.", { cause });
      if (cause instanceof errors.JOSEError) throw new Refusal("bad_token", BAD_TOKEN, { cause });
      if (!(cause instanceof KeysUnavailable)) throw cause;
      throw new Refusal("issuer_unavailable", "The keys of the token's issuer cannot be had now.", { cause });
    }
  }

  /** By its address, so that a change of the issuer's other properties keeps its keys. */
  #keysOf(issuer: TokenIssuer): IssuerKeys {
    const key = JSON.stringify([issuer.issuer, issuer.jwksUrl]);
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const keys = new IssuerKeys(issuer, this.#observer, this.#steadyMs);
    this.#keys.set(key, keys);
    return keys;
  }
}

/** The claim as it stands there, unverified: it only says whose keys are to be tried. */
function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? "";
  } catch {
    return "";
  }
}

function holds(claim: unknown, values: readonly string[]): boolean {
  const items: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return items.some((item) => typeof item === "string" && values.includes(item));
}
