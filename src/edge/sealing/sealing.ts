import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import type { EntityKey } from "../../ports/store/entities.ts";
import type { Sealing } from "../../ports/store/sealing.ts";
import { SealingError } from "../../ports/store/sealing.ts";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^sealed:1:([0-9a-f]{16}):([A-Za-z0-9_-]+)$/;

/**
 * Seals by AES-256-GCM: `sealed:1:KEY ID:` and nonce, ciphertext and tag in base64url. The key's id and the entity are
 * authenticated with it, so that a sealed text does nothing in another place.
 *
 * @param keys of 32 bytes: the first seals, all of them open.
 */
export function createSealing(keys: readonly Buffer[]): Sealing {
  const byId = new Map(keys.map((key) => [idOf(key), key]));
  const [first] = byId;
  return {
    keyId: first?.[0],
    keyIdOf: (sealed) => SEALED.exec(sealed)?.[1],
    seal(secret, entity) {
      if (first === undefined)
        throw new SealingError(
          "no-key",
          "secrets cannot be stored without a key to seal them by: set BUSBAR_SECRET_KEY",
        );
      const [id, key] = first;
      return `sealed:1:${id}:${encrypt(secret, key, placeOf(id, entity)).toString("base64url")}`;
    },
    open(sealed, entity) {
      const [, id = "", text = ""] = SEALED.exec(sealed) ?? [];
      if (id === "") throw new SealingError("not-intact", `what is stored for ${nameOf(entity)} was never sealed`);
      const key = byId.get(id);
      if (key === undefined)
        throw new SealingError(
          "unknown-key",
          `${nameOf(entity)} was sealed by key ${id}, which is not in BUSBAR_SECRET_KEY`,
        );
      try {
        return decrypt(Buffer.from(text, "base64url"), key, placeOf(id, entity));
      } catch (error) {
        throw new SealingError("not-intact", `${nameOf(entity)} was changed since it was sealed`, { cause: error });
      }
    },
  };
}

/** Says nothing of the key, which is random, and tells it from others. */
function idOf(key: Buffer): string {
  return createHash("sha256").update("busbar key id\0").update(key).digest("hex").slice(0, 16);
}

function placeOf(keyId: string, { kind, name }: EntityKey): Buffer {
  return Buffer.from(JSON.stringify([keyId, kind, name]));
}

function nameOf({ kind, name }: EntityKey): string {
  return `${kind} "${name}"`;
}

function encrypt(secret: string, key: Buffer, place: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(place);
  return Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(sealed: Buffer, key: Buffer, place: Buffer): string {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(place);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString("utf8");
}
