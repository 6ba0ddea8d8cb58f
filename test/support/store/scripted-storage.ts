import type { BrokerState } from "../../../src/ports/broker/broker.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import type { PublishFailureReason } from "../../../src/ports/broker/publisher.ts";
import type { QueueDeclaration } from "../../../src/domain/queue/declaration.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";

/** Stores into a list, and refuses queues on request: the answers of a broker that cannot be had from a real one at will. */
export class ScriptedStorage {
  readonly stored: Message[] = [];
  readonly delaysMs: (number | undefined)[] = [];
  readonly declared: QueueDeclaration[] = [];
  /** By the name of a queue, or the id of a message. */
  readonly refusals = new Map<string, PublishFailureReason>();
  state: BrokerState = "connected";
  /** Whether a declared queue is refused no more. */
  mends = false;

  declare(queues: readonly QueueDeclaration[]): Promise<void> {
    this.declared.push(...queues);
    if (this.mends) for (const queue of queues) this.refusals.delete(queue.name);
    return Promise.resolve();
  }

  publish(messages: readonly Message[], options?: { readonly delayMs?: number }): Promise<void> {
    const failures = messages.flatMap((message, index) => {
      const reason = this.refusals.get(message.queue) ?? this.refusals.get(message.id);
      if (reason !== undefined) return [{ index, reason }];
      this.stored.push(message);
      this.delaysMs.push(options?.delayMs);
      return [];
    });
    return failures.length === 0 ? Promise.resolve() : Promise.reject(new PublishError(failures));
  }
}
