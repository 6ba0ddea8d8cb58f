import type { QueueDeclaration } from "../../domain/queue/declaration.ts";
import type { Message } from "../../domain/queue/message.ts";

/** Why the broker did not take a message. An `unstorable` one is too large for every queue, now and later. */
export type PublishFailureReason =
  "unroutable" | "refused" | "unstorable" | "timeout" | "blocked" | "disconnected" | "full";

export interface PublishFailure {
  /** Position in the list given to `publish`. */
  readonly index: number;
  readonly reason: PublishFailureReason;
}

/** Some messages of a `publish` were not confirmed. The broker may have stored them all the same. */
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
  /** Makes the queues that are missing. Idempotent. Every reconnect makes all that were declared so far. */
  declare(queues: readonly QueueDeclaration[]): Promise<void>;
  /**
   * Resolves when every message is durable. With `delayMs` the messages are handed out that much later, never earlier,
   * and are durable while they wait.
   *
   * @throws PublishError within 5 s, with those that are not confirmed by then.
   */
  publish(messages: readonly Message[], options?: { readonly delayMs?: number }): Promise<void>;
}
