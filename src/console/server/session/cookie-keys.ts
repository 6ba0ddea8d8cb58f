import { createHash, randomBytes } from "node:crypto";
import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from "jose";

const KEY_BYTES = 32;
const KEY_ID_CHARACTERS = 8;

/** What a sealed text is for. One that was made for another purpose is not opened. */
export type SealPurpose = "session" | "sign-in";

/** What seals texts that browsers keep for us: encrypted and authenticated, for a purpose and a time. */
export interface CookieKeys {
  /** @param endsAtMs from then on it is not opened, in epoch milliseconds; whole seconds count. */
  seal(purpose: SealPurpose, claims: JWTPayload, endsAtMs: number): Promise<string>;
  /** Undefined for what is too old, was sealed by no key of ours or for another purpose, or was changed. */
  open(purpose: SealPurpose, sealed: string): Promise<JWTPayload | undefined>;
}

/**
 * Seals with AES-256-GCM, as JSON Web Encryption (RFC 7516) with its direct form of keys.
 *
 * @param keys of 32 bytes. The first one seals, each opens: so keys are exchanged without ending a session. None makes one up,
 *   which is gone with the process.
 * @param nowMs the time of day, in epoch milliseconds.
 */
export function createCookieKeys(keys: readonly Uint8Array[], nowMs: () => number): CookieKeys {
  const [first = randomBytes(KEY_BYTES), ...others] = keys;
  const byId = new Map([first, ...others].map((key) => [keyId(key), key]));
  return {
    seal: (purpose, claims, endsAtMs) =>
      new EncryptJWT(claims)
        .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: keyId(first) })
        .setAudience(purpose)
        .setExpirationTime(Math.floor(endsAtMs / 1_000))
        .encrypt(first),
    open: async (purpose, sealed) => {
      try {
        const { payload } = await jwtDecrypt(sealed, ({ kid = "" }) => keyOf(kid), {
          audience: purpose,
          requiredClaims: ["exp"],
          currentDate: new Date(nowMs()),
          keyManagementAlgorithms: ["dir"],
          contentEncryptionAlgorithms: ["A256GCM"],
        });
        return payload;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };

  function keyOf(id: string): Uint8Array {
    const key = byId.get(id);
    if (key === undefined) throw new errors.JWEDecryptionFailed();
    return key;
  }
}

/** It tells which key it was, and nothing of the key. */
function keyId(key: Uint8Array): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, KEY_ID_CHARACTERS);
}
