/** How people can sign in to the console: always with a token. */
export interface SignInWays {
  /** What the issuer is called that people can sign in with; absent where there is none. */
  readonly issuer?: string;
  /** Why nobody can sign in by the page as it was opened. */
  readonly problem?: string;
}

/** Where the browser is to go to sign in with the issuer. */
export interface SignInBegun {
  readonly url: string;
}

export interface SignedOut {
  /** Where the browser signs out at the issuer as well, if it offers that. */
  readonly signOutUrl?: string;
}

/**
 * Why a sign-in with an issuer came to nothing. It stands in the fragment of the address that the browser comes back to, as
 * `#sign-in=stale`: nothing of what an issuer, or whoever leads a browser here, says is shown.
 */
export const SIGN_IN_FAILURES = ["stale", "refused", "unavailable", "not-accepted", "too-long"] as const;

export type SignInFailure = (typeof SIGN_IN_FAILURES)[number];
