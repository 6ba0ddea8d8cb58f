import { errors, jwtVerify } from "jose";
import type { IssuerKeys } from "./issuer-keys.ts";
import { KeysUnavailable } from "./issuer-keys.ts";

export type VerifiedClaims =
  | { readonly ok: true; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: "expired" | "invalid" | "keys_unavailable" };

/** The claims of a token that an issuer has signed and that has not expired. */
export async function verifiedClaims(
  token: string,
  keys: IssuerKeys,
  { issuer, algorithms }: { readonly issuer: string; readonly algorithms: readonly string[] },
): Promise<VerifiedClaims> {
  try {
    const options = { issuer, algorithms: [...algorithms], requiredClaims: ["exp"] };
    const { payload } = await jwtVerify(token, keys.find, options);
    return { ok: true, claims: payload };
  } catch (error) {
    if (error instanceof KeysUnavailable) return { ok: false, reason: "keys_unavailable" };
    if (error instanceof errors.JWTExpired) return { ok: false, reason: "expired" };
    if (error instanceof errors.JOSEError) return { ok: false, reason: "invalid" };
    throw error;
  }
}
