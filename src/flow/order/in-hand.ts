import type { Received } from "../../domain/queue/message.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { Failure } from "../../domain/failure/outcome.ts";
import type { PreparedCall } from "../../ports/functions/functions.ts";

/** What a delivery in hand has come to, which its message does not say: the message stays as it is. */
export type DeliveryProgress = Pick<
  Delivery,
  "attempt" | "countedRetries" | "suspicions" | "goneSinceMs" | "formerAttempt"
>;

/** A delivery that is to be tried again, and stays in hand until then. */
export interface HeldRetry {
  readonly progress: DeliveryProgress;
  readonly delayMs: number;
  readonly failure: Failure;
  /** Whether it has used up its retries, and is tried on since its key is not to go on without it. */
  readonly isExhausted: boolean;
}

/** Makes deliveries whose retries wait in hand. */
export interface InHandDeliveries {
  /**
   * Makes the next attempt.
   *
   * @returns undefined when the message may be acked.
   * @throws when the router stops: the attempt does not count.
   */
  attempt(
    message: Received,
    progress: DeliveryProgress | undefined,
    call: PreparedCall,
  ): Promise<HeldRetry | undefined>;
  /** Gives a delivery up, as after its last attempt. Resolves when the message may be acked. */
  giveUp(message: Received, progress: DeliveryProgress | undefined, failure: Failure): Promise<void>;
  /** Parks a message of which routers have died. Resolves when it may be acked. */
  park(message: Received): Promise<void>;
}
