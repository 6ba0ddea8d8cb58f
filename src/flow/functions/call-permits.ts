/**
 * The permits of a function with reserved concurrency: each call has one, whichever router makes it, and there are as many
 * as the configuration reserves.
 */
export interface CallPermits {
  /** Takes a permit that this router has, and does not use. It is then to be released. */
  tryTake(): boolean;
  /** Takes one that no router uses: waits for the answer of others, and not for the end of a call. */
  takeFree(): Promise<boolean>;
  /** Waits up to `waitMs` for one, or until `lost` fires. Resolves with whether there is one, which is then to be released. */
  take(waitMs: number, lost: AbortSignal): Promise<boolean>;
  release(): void;
}
