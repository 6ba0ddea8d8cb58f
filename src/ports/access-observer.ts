/** Why somebody was not let in, or not let do something. */
export const AUTH_FAILURE_REASONS = [
  /** No credentials at all. */
  "missing",
  /** Credentials that cannot be read, or do not cover what they must. */
  "malformed",
  "unknown_key",
  "bad_signature",
  /** Signed too long ago, or in the future. */
  "clock_skew",
  /** A token that is none of ours, of no issuer known, or not signed by it. */
  "bad_token",
  "expired_token",
  /** An issuer's keys could not be had. */
  "issuer_unavailable",
  /** No statement allows it, or one denies it. */
  "access_denied",
  /** A browser sent it for a page of another site, where nobody is asked who they are. */
  "web_page",
  /** It names a host that is none of the router's, where nobody is asked who they are. */
  "unknown_host",
] as const;

export type AuthFailureReason = (typeof AUTH_FAILURE_REASONS)[number];

/** Something that somebody wanted to do: refused, or allowed and about to change something or to show a payload. */
export interface AccessFacts {
  /** Its id; undefined where nobody was identified. */
  readonly principal?: string;
  readonly action: string;
  /** An ARN; absent where it never came to that. */
  readonly resource?: string;
  /** The address that the connection came from. */
  readonly from: string;
  readonly outcome: "allowed" | AuthFailureReason;
  /** The statement that allowed or denied it, by its `sid` or its place, and by its bus where that has it; absent where none applied. */
  readonly statement?: string;
}

/** Whether a changed file of credentials was taken over. */
export type CredentialsFacts = { readonly ok: true } | { readonly ok: false; readonly problems: readonly string[] };

/** Whether an issuer's keys could be fetched. Those that were fetched before may still be in use. */
export type IssuerKeysFacts =
  | { readonly issuer: string; readonly ok: true }
  | { readonly issuer: string; readonly ok: false; readonly error: unknown };

/** Makes metrics and log lines of who was let in, and who was not. */
export interface AccessObserver {
  access(facts: AccessFacts): void;
  credentialsReloaded(facts: CredentialsFacts): void;
  issuerKeys(facts: IssuerKeysFacts): void;
}
