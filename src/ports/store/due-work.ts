import type { EntityKey } from "./entities.ts";

export const CLAIM_LIMIT_MAX = 1_000;

/** Work whose time has come, given to one claimant. */
export interface ClaimedWork extends EntityKey {
  readonly value: string;
  /** When it was due, in epoch milliseconds. */
  readonly dueAtMs: number;
  /** Settles it. Void once the work is claimed by another, scheduled anew or gone. */
  readonly claim: string;
  /** How often it was claimed since it was scheduled, this time included: more than once after a crash. */
  readonly attempt: number;
}

/**
 * Hands out what is due by the store's clock, never early. Work is scheduled, and settled, by `commit`: in one transaction
 * with what follows from it.
 */
export interface DueWork {
  /**
   * Gives the work that is due longest to the caller, for `claimMs`. What is not settled by then is handed out again.
   * Claimants do not wait for each other, and no two get the same.
   */
  claimDue(kind: string, limit: number, claimMs: number): Promise<readonly ClaimedWork[]>;
  /** In how many milliseconds work of a kind can next be claimed; 0 if now, undefined if there is none. */
  nextDueInMs(kind: string): Promise<number | undefined>;
}
