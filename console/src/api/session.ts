import {
  SIGN_IN_FAILURES,
  type SignedOut,
  type SignInBegun,
  type SignInFailure,
  type SignInWays,
} from "../../../src/admin-api/session.ts";
import { askSession, isSignInNeeded } from "./request.ts";

/** How one can sign in here. @throws ApiError */
export function signInWays(signal: AbortSignal): Promise<SignInWays> {
  return askSession<SignInWays>("GET", "session", { signal });
}

/** Signs in with a bearer token. The server keeps it in a cookie that no script can read. @throws ApiError */
export async function signInWithToken(token: string): Promise<void> {
  await askSession("POST", "session", { body: { token } });
  isSignInNeeded.value = false;
}

/** Goes to the issuer to sign in there, and comes back to where one is. @throws ApiError */
export async function signInAtIssuer(): Promise<void> {
  const returnTo = location.pathname + location.search;
  const { url } = await askSession<SignInBegun>("POST", "session/issuer", { body: { returnTo } });
  location.assign(url);
}

/** Signs out, at the issuer as well where it offers that. @throws ApiError while one is still signed in. */
export async function signOut(): Promise<void> {
  const { signOutUrl } = await askSession<SignedOut>("DELETE", "session");
  if (signOutUrl === undefined) isSignInNeeded.value = true;
  else location.assign(signOutUrl);
}

/** Why a sign-in with the issuer came to nothing, if one has just done so. The address forgets it. */
export function takeSignInFailure(): SignInFailure | undefined {
  const [, reason] = /^#sign-in=([a-z-]+)$/.exec(location.hash) ?? [];
  if (reason === undefined) return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  return SIGN_IN_FAILURES.find((failure) => failure === reason);
}
