import type { Message } from "../domain/queue/message.ts";
import type { QueueDeclaration } from "../domain/queue/declaration.ts";

/** Why the broker did not take a message. One that is `unstorable` is too long for every queue, now and later. */
export type PublishFailureReason =
  "unroutable" | "refused" | "unstorable" | "timeout" | "blocked" | "disconnected" | "full";

export interface PublishFailure {
  /** Position in the list given to `publish`. */
  readonly index: number;
  readonly reason: PublishFailureReason;
}

/** Some messages of a `publish` were not confirmed. They may have been stored all the same: never assume that they were not. */
export class PublishError extends Error {
  override readonly name = "PublishError";
  readonly failures: readonly PublishFailure[];
  constructor(failures: readonly PublishFailure[], options?: ErrorOptions) {
    const reasons = [...new Set(failures.map((failure) => failure.reason))].join(", ");
    super(`the broker did not confirm ${failures.length} message(s): ${reasons}`, options);
    this.failures = failures;
  }
}

/** Makes queues, and stores messages in them. */
export interface Publisher {
  /** Makes what is missing. Idempotent; run again on every reconnect with everything declared so far. */
  declare(queues: readonly QueueDeclaration[]): Promise<void>;
  /**
   * Resolves when every message is durable; rejects with `PublishError` naming those that are not, or not within 5 s.
   * With `delayMs` they are handed out that much later: never early, durable while they wait.
   */
  publish(messages: readonly Message[], options?: { readonly delayMs?: number }): Promise<void>;
}
