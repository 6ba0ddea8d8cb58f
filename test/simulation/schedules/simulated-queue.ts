import { PublishError } from "../../../src/ports/broker/publisher.ts";
import type { Publisher, PublishFailureReason } from "../../../src/ports/broker/publisher.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import type { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";

/** A message, and when the broker stored it. */
export interface StoredMessage {
  readonly message: Message;
  readonly atMs: number;
}

/** A broker that stores what it is given, and now and then does not say so, or does not. */
export class SimulatedQueue {
  readonly stored: StoredMessage[] = [];
  /** For one message: that it is not stored, and that its confirm is lost. */
  faults = { refused: 0, lostConfirms: 0 };
  isAway = false;
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** The broker as a router publishes to it. */
  connect(life: Life): Publisher {
    return { declare: () => Promise.resolve(), publish: (messages) => this.#publish(messages, life) };
  }

  async #publish(messages: readonly Message[], life: Life): Promise<void> {
    const { chance } = this.#scheduler;
    await this.#scheduler.wait(chance.between(0, 10), life);
    const failures: { index: number; reason: PublishFailureReason }[] = [];
    for (const [index, message] of messages.entries()) {
      if (this.isAway) failures.push({ index, reason: "disconnected" });
      else if (chance.happens(this.faults.refused)) failures.push({ index, reason: "refused" });
      else {
        this.stored.push({ message, atMs: this.#scheduler.nowMs });
        if (chance.happens(this.faults.lostConfirms)) failures.push({ index, reason: "timeout" });
      }
    }
    const isLate = failures.some(({ reason }) => reason === "timeout");
    await this.#scheduler.wait(isLate ? 5_000 : chance.between(0, 10), life);
    if (failures.length > 0) throw new PublishError(failures);
  }
}
