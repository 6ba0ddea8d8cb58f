import type { BatchEnd } from "../../domain/delivery/batch-fact.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { TargetBatch } from "../../domain/target/target.ts";
import type { PreparedCall } from "../../ports/functions/functions.ts";

/** A message, and the delivery that it is. */
export interface BatchedDelivery {
  readonly message: Received;
  readonly delivery: Delivery;
}

/** A delivery that may be called for with others. */
export interface Collectable {
  readonly delivery: Delivery;
  readonly batch: TargetBatch;
  /** How long what it gives its target is. */
  readonly payloadBytes: number;
}

/** The second journey for deliveries of one function that are called for together. */
export interface BatchDeliveries {
  /** Reads a message. Undefined for one that is handled by itself: it is no delivery, or its target has no batches. */
  read(message: Received): Collectable | undefined;
  /**
   * Makes one call for all, and then settles each by itself.
   *
   * @returns for each, in their order, a promise that resolves when its message may be acked.
   */
  deliver(batch: readonly BatchedDelivery[], end: BatchEnd, call: PreparedCall): readonly Promise<void>[];
}
