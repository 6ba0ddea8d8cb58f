/** How many principals are kept account of: more can come only by an issuer's tokens. */
const PRINCIPALS_MAX = 10_000;

/** Requests a second of each principal, with one second's worth to be had at once. Each router counts its own. */
export class RequestRates {
  readonly #nowMs: () => number;
  /** When each principal's requests so far will have been paid for, the last to ask standing last. */
  readonly #paidAtMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Takes one request into account; returns how many seconds too early it is, 0 when it may go on. */
  take(principalId: string, perSecond: number): number {
    const nowMs = this.#nowMs();
    const paidAtMs = Math.max(this.#paidAtMs.get(principalId) ?? nowMs, nowMs) + 1_000 / perSecond;
    if (paidAtMs - nowMs > 1_000) return (paidAtMs - nowMs - 1_000) / 1_000;
    this.#paidAtMs.delete(principalId);
    this.#paidAtMs.set(principalId, paidAtMs);
    const [longestAgo] = this.#paidAtMs.keys();
    if (longestAgo !== undefined && this.#paidAtMs.size > PRINCIPALS_MAX) this.#paidAtMs.delete(longestAgo);
    return 0;
  }
}
