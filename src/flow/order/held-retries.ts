import type { HeldRetry, DeliveryProgress } from "./in-hand.ts";
import type { Failure } from "../../domain/failure/outcome.ts";

/** As many as windows of many functions hold. The one that failed longest ago is forgotten first. */
const RETRIES_MAX = 10_000;

/** What this router knows of a delivery that failed and is to be tried again. */
export interface HeldDelivery {
  readonly progress: DeliveryProgress;
  readonly dueAtMs: number;
  readonly failure: Failure;
  /** When it failed first, and since when it is tried on although its retries are used up; epoch milliseconds. */
  readonly failedAtMs: number;
  readonly blockedAtMs: number | undefined;
}

/**
 * The retries in hand, by the message. They are kept when the messages go back to their queue: mostly they come to this
 * router again. Another router begins anew with what the message says.
 */
export class HeldRetries {
  readonly #byMessage = new Map<string, HeldDelivery>();

  of(message: string): HeldDelivery | undefined {
    return this.#byMessage.get(message);
  }

  keep(message: string, { progress, delayMs, failure, isExhausted }: HeldRetry, nowMs: number): HeldDelivery {
    const before = this.#byMessage.get(message);
    const held = {
      progress,
      dueAtMs: nowMs + delayMs,
      failure,
      failedAtMs: before?.failedAtMs ?? nowMs,
      blockedAtMs: before?.blockedAtMs ?? (isExhausted ? nowMs : undefined),
    };
    this.#byMessage.delete(message);
    this.#byMessage.set(message, held);
    const [oldest] = this.#byMessage.keys();
    if (this.#byMessage.size > RETRIES_MAX && oldest !== undefined) this.#byMessage.delete(oldest);
    return held;
  }

  forget(message: string): void {
    this.#byMessage.delete(message);
  }
}
