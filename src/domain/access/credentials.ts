import type { Principal, Statement } from "./access.ts";

/** The secret behind an access key id, and who holds it. */
export interface AccessKey {
  readonly secret: string;
  readonly principal: Principal;
}

/** What a token of an issuer allows, to whom one of its claims says so. */
export interface Grant {
  readonly claim: string;
  /** The claim, or one of its items where it is a list, must be one of them. */
  readonly values: readonly string[];
  readonly statements: readonly Statement[];
}

/** An OpenID Connect issuer whose JSON Web Tokens are taken. */
export interface TokenIssuer {
  /** As the file of credentials calls it. Each has another. */
  readonly name: string;
  /** As its tokens' `iss` has it. */
  readonly issuer: string;
  readonly audience: readonly string[];
  /** Where its keys are; found by its discovery document when absent. */
  readonly jwksUrl?: string;
  readonly clockToleranceSeconds: number;
  /** The claim that says who the token is for. */
  readonly nameClaim: string;
  readonly grants: readonly Grant[];
  readonly requestsPerSecond?: number;
}

/** Every credential that is taken. Replaced whole when its file changes. */
export interface Credentials {
  /** By access key id. */
  readonly accessKeys: ReadonlyMap<string, AccessKey>;
  /** By the token's SHA-256 in hexadecimal: looking one up tells nothing of the others by its time. */
  readonly bearerTokens: ReadonlyMap<string, Principal>;
  /** By `iss`. */
  readonly issuers: ReadonlyMap<string, TokenIssuer>;
}
