import type { Principal, Statement } from "./access.ts";

/** The secret of an access key id, and the key's owner. */
export interface AccessKey {
  readonly secret: string;
  readonly principal: Principal;
}

/** Statements for the tokens of an issuer that have a certain claim. */
export interface Grant {
  readonly claim: string;
  /** The claim, or one item of a list, must be one of these. */
  readonly values: readonly string[];
  readonly statements: readonly Statement[];
}

/** An OpenID Connect issuer whose JSON Web Tokens are accepted. */
export interface TokenIssuer {
  /** Its unique name in the file of credentials. */
  readonly name: string;
  /** The `iss` of its tokens. */
  readonly issuer: string;
  readonly audience: readonly string[];
  /** The address of its keys; taken from its discovery document when absent. */
  readonly jwksUrl?: string;
  readonly clockToleranceSeconds: number;
  /** The claim that names the principal. */
  readonly nameClaim: string;
  readonly grants: readonly Grant[];
  readonly requestsPerSecond?: number;
  /** The account that its principals belong to; the router's when left out. */
  readonly account?: string;
}

/** Every accepted credential. Replaced whole when its file changes. */
export interface Credentials {
  /** By access key id. */
  readonly accessKeys: ReadonlyMap<string, AccessKey>;
  /** By the token's SHA-256 in hexadecimal: the time of a look-up reveals nothing about other tokens. */
  readonly bearerTokens: ReadonlyMap<string, Principal>;
  /** By `iss`. */
  readonly issuers: ReadonlyMap<string, TokenIssuer>;
}
