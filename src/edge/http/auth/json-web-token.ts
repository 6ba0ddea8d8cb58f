import { decodeJwt, errors, jwtVerify, type JWTPayload } from "jose";
import type { Principal } from "../../../domain/access/access.ts";
import type { AccessObserver } from "../../../ports/access-observer.ts";
import { issuedPrincipal } from "../../../domain/access/access.ts";
import type { TokenIssuer } from "../../../domain/access/credentials.ts";
import { isLine } from "../../../text/line.ts";
import { IssuerKeys, KeysUnavailable } from "./issuer-keys.ts";
import { Refusal } from "./refusal.ts";

/** Algorithms with a private key that only the issuer has. A shared secret, or none, proves no issuer. */
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
   * The principal of a token, with the statements that its claims grant.
   *
   * @throws Refusal when the token is invalid or expired, or the issuer's keys cannot be fetched.
   */
  async verify(token: string, issuers: ReadonlyMap<string, TokenIssuer>): Promise<Principal> {
    const issuer = issuers.get(issuerOf(token));
    if (issuer === undefined) throw new Refusal("bad_token", BAD_TOKEN);
    const claims = await this.#claims(token, issuer);
    const subject = claims[issuer.nameClaim];
    // Logs and errors show the subject.
    if (!isLine(subject, SUBJECT_CHARACTERS_MAX) || subject === "") throw new Refusal("bad_token", BAD_TOKEN);
    const statements = issuer.grants
      .filter((grant) => holds(claims[grant.claim], grant.values))
      .flatMap((grant) => grant.statements);
    const { requestsPerSecond, account } = issuer;
    return {
      id: issuedPrincipal(issuer.name, subject),
      statements,
      ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
      ...(account === undefined ? {} : { account }),
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

  /** Keys are kept by the issuer's addresses: a change of its other properties keeps them. */
  #keysOf(issuer: TokenIssuer): IssuerKeys {
    const key = JSON.stringify([issuer.issuer, issuer.jwksUrl]);
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const keys = new IssuerKeys(issuer, this.#observer, this.#steadyMs);
    this.#keys.set(key, keys);
    return keys;
  }
}

/** The token's issuer, not verified: it only selects the keys to verify the token with. */
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
