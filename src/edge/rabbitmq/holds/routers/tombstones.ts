/** A message that is not back after so long was acked, or somebody else has it. */
const KEPT_MS = 15 * 60_000;
const TOMBSTONES_MAX = 100_000;

/**
 * Messages that were deleted while no router held them. A router that receives one acks it. The oldest are forgotten first:
 * such a message is received once more.
 */
export class Tombstones {
  readonly #keptUntilMs = new Map<string, number>();

  add(fingerprint: string): void {
    const nowMs = performance.now();
    this.#keptUntilMs.delete(fingerprint);
    this.#keptUntilMs.set(fingerprint, nowMs + KEPT_MS);
    for (const [oldest, untilMs] of this.#keptUntilMs) {
      if (untilMs > nowMs && this.#keptUntilMs.size <= TOMBSTONES_MAX) return;
      this.#keptUntilMs.delete(oldest);
    }
  }

  /** Those that are kept. */
  get all(): readonly string[] {
    const nowMs = performance.now();
    return [...this.#keptUntilMs].filter(([, untilMs]) => untilMs > nowMs).map(([fingerprint]) => fingerprint);
  }

  has(fingerprint: string): boolean {
    return (this.#keptUntilMs.get(fingerprint) ?? 0) > performance.now();
  }
}
