import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { AccessObserver } from "../../../ports/access-observer.ts";
import type { TokenIssuer } from "../../../domain/access/credentials.ts";
import { fetchKeySet } from "./fetch-key-set.ts";

/** The age from which keys are fetched again. */
const FRESH_MS_MAX = 10 * 60_000;

/** The age up to which keys are used while they cannot be fetched again. Meanwhile a withdrawn key stays valid. */
const STALE_KEYS_MS_MAX = 24 * 3_600_000;

/** The rate of fetches and their burst. Without a bound, anybody could cause fetches with made-up key ids. */
const FETCH_INTERVAL_MS = 5_000;
const FETCHES_AT_ONCE_MAX = 5;

/** An issuer's keys cannot be fetched, and those fetched before are too old or not there. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/**
 * The keys of one issuer. They are fetched when first needed, again after `FRESH_MS_MAX`, and when a token names an
 * unknown key; one fetch at a time, at a bounded rate. When a fetch fails, the keys before stay in use.
 */
export class IssuerKeys {
  readonly #issuer: Pick<TokenIssuer, "name" | "issuer" | "jwksUrl">;
  readonly #observer: Pick<AccessObserver, "issuerKeys">;
  readonly #steadyMs: () => number;
  #keys: { readonly find: JWTVerifyGetKey; readonly fetchedAtMs: number } | undefined;
  #fetching: Promise<void> | undefined;
  #hasFailed = false;
  /** The time at which the rate limit of fetches is full again. */
  #paidAtMs = -Infinity;

  constructor(
    issuer: Pick<TokenIssuer, "name" | "issuer" | "jwksUrl">,
    observer: Pick<AccessObserver, "issuerKeys">,
    steadyMs: () => number,
  ) {
    this.#issuer = issuer;
    this.#observer = observer;
    this.#steadyMs = steadyMs;
  }

  /**
   * Finds the key that a token names.
   *
   * @throws KeysUnavailable when the issuer may have such a key, and its keys cannot be fetched now.
   * @throws JWKSNoMatchingKey when the issuer has no such key.
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#usable === undefined) await this.#fetch();
    // While the keys before are good, no request waits for new ones.
    else if (this.#ageMs >= FRESH_MS_MAX) void this.#fetch();
    try {
      return await this.#usableOrThrow()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#fetch();
      if (this.#hasFailed) throw new KeysUnavailable("the token may be signed by a new key", { cause: error });
      return this.#usableOrThrow()(header, token);
    }
  };

  get #ageMs(): number {
    return this.#steadyMs() - (this.#keys?.fetchedAtMs ?? -Infinity);
  }

  get #usable(): JWTVerifyGetKey | undefined {
    return this.#ageMs < STALE_KEYS_MS_MAX ? this.#keys?.find : undefined;
  }

  #usableOrThrow(): JWTVerifyGetKey {
    const usable = this.#usable;
    if (usable === undefined) throw new KeysUnavailable("the issuer's keys have not been fetched for too long");
    return usable;
  }

  /** Fetches the keys, or waits for the fetch in progress. Does nothing beyond the rate. Never rejects. */
  #fetch(): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    const nowMs = this.#steadyMs();
    const paidAtMs = Math.max(this.#paidAtMs, nowMs) + FETCH_INTERVAL_MS;
    if (paidAtMs - nowMs > FETCHES_AT_ONCE_MAX * FETCH_INTERVAL_MS) return Promise.resolve();
    this.#paidAtMs = paidAtMs;
    this.#fetching = fetchKeySet(this.#issuer)
      .then((keys) => this.#fetched(keys))
      .catch((error: unknown) => this.#failed(error))
      .finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  #fetched(keys: JSONWebKeySet): void {
    this.#keys = { find: createLocalJWKSet(keys), fetchedAtMs: this.#steadyMs() };
    this.#hasFailed = false;
    this.#observer.issuerKeys({ issuer: this.#issuer.name, ok: true });
  }

  #failed(error: unknown): void {
    this.#hasFailed = true;
    this.#observer.issuerKeys({ issuer: this.#issuer.name, ok: false, error });
  }
}
