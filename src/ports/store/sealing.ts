import type { EntityKey } from "./entities.ts";

/** Entities of this kind are secrets: their whole value is sealed. */
export const SECRET_KIND = "secret";

/**
 * Why a secret was not sealed or opened.
 *
 * - `no-key`: this router has no key, so nothing that has a secret can be stored.
 * - `unknown-key`: it was sealed by a key that this router does not have.
 * - `not-intact`: it was changed, or was sealed for another entity.
 */
export type SealingFailure = "no-key" | "unknown-key" | "not-intact";

export class SealingError extends Error {
  override readonly name = "SealingError";
  readonly reason: SealingFailure;
  constructor(reason: SealingFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Keeps secrets from whoever can read the store. What is sealed for one entity is opened for that one only. */
export interface Sealing {
  /** @throws SealingError `no-key`. */
  seal(secret: string, key: EntityKey): string;
  /** @throws SealingError; its message never has the secret. */
  open(sealed: string, key: EntityKey): string;
  /** Which key sealed it; undefined when it is nothing that was sealed. */
  keyIdOf(sealed: string): string | undefined;
  /** The key that seals; undefined without one. */
  readonly keyId: string | undefined;
}
