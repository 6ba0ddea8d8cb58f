import type { BlockedKey } from "../../domain/order/blocked-key.ts";

/** Keys that wait since an event does not succeed, for operators. */
export interface BlockedKeyControl {
  /** The longest first. */
  list(): readonly BlockedKey[];
  /**
   * Has the event given up, whichever router has it: it becomes a dead letter, and its key goes on. Resolves when that is
   * durable, with false where it blocks no key. Rejects with `PublishError` when the broker cannot store it now.
   */
  skip(functionName: string, deliveryId: string, by: string | undefined): Promise<boolean>;
}
