import { readEventId } from "../../domain/delivery/delivery-message.ts";
import type { BlockedKeys } from "./blocked-keys.ts";
import type { Callee } from "../functions/callee.ts";
import type { HeldRetries } from "./held-retries.ts";
import type { HeldRetry, InHandDeliveries } from "./in-hand.ts";
import type { OrderedMessage } from "./messages-in-hand.ts";
import { keyOfLane } from "./order-key.ts";
import type { Ownership } from "./ownership.ts";

export interface OrderedAttemptsDeps {
  /** `function/NAME` */
  readonly label: string;
  readonly deliveries: InHandDeliveries;
  readonly retries: HeldRetries;
  readonly keys: Pick<BlockedKeys, "block" | "goesOn" | "skipOf">;
  readonly nowMs: () => number;
}

/** The attempts of one ordered function's messages: what they have come to, and which of their keys are blocked. */
export class OrderedAttempts {
  readonly #deps: OrderedAttemptsDeps;
  readonly #ownership: Ownership;
  readonly #functionName: string;
  /** The lanes of messages that block their keys, by the delivery. */
  readonly #blocked = new Map<string, string>();

  constructor(deps: OrderedAttemptsDeps, ownership: Ownership) {
    this.#deps = deps;
    this.#ownership = ownership;
    this.#functionName = deps.label.slice("function/".length);
  }

  /** How long a message is to wait before it is called for; 0 or less where it is due, or to be given up. */
  waitMs({ id, message }: OrderedMessage): number {
    if (this.#skipOf(message.id) !== undefined) return 0;
    return (this.#deps.retries.of(id)?.dueAtMs ?? 0) - this.#deps.nowMs();
  }

  /** Whether this router has called for the message already, and lived. */
  hasMade(id: string): boolean {
    return this.#deps.retries.of(id) !== undefined;
  }

  /** @returns the next attempt; undefined when the message may be acked. */
  async make(entry: OrderedMessage, isSuspect: boolean, callee: Callee): Promise<HeldRetry | undefined> {
    const { deliveries, retries } = this.#deps;
    const { id, message, lost } = entry;
    const skip = this.#skipOf(message.id);
    if (skip !== undefined) return this.#giveUp(entry, skip.by);
    const attempt = (): Promise<HeldRetry | undefined> =>
      deliveries.attempt(message, retries.of(id)?.progress, callee.call);
    if (!isSuspect) return attempt();
    if (!this.#ownership.isCulprit(id)) return this.#ownership.trying(id, lost, attempt);
    await deliveries.park(message);
    return undefined;
  }

  /** Remembers the next attempt of a message. */
  keep(lane: string, { id, message }: OrderedMessage, retry: HeldRetry): void {
    const { retries, keys, nowMs } = this.#deps;
    retries.keep(id, retry, nowMs());
    if (!retry.isExhausted) return;
    this.#blocked.set(message.id, lane);
    const key = keyOfLane(lane);
    const eventId = readEventId(message);
    void keys.block({
      function: this.#functionName,
      ...(key === undefined ? {} : { key }),
      deliveryId: message.id,
      ...(eventId === undefined ? {} : { eventId }),
      sinceMs: nowMs(),
      attempts: retry.progress.attempt - 1,
      reason: retry.failure.reason,
      message: retry.failure.message,
    });
  }

  /** A message has been dealt with. */
  end({ id, message }: OrderedMessage): void {
    this.#deps.retries.forget(id);
    this.#blocked.delete(message.id);
    void this.#deps.keys.goesOn(this.#functionName, message.id);
  }

  /** The lane that a delivery blocks, where this router has it. */
  laneBlockedBy(deliveryId: string): string | undefined {
    return this.#blocked.get(deliveryId);
  }

  #skipOf(deliveryId: string): ReturnType<BlockedKeys["skipOf"]> {
    return this.#deps.keys.skipOf(this.#functionName, deliveryId);
  }

  async #giveUp({ id, message }: OrderedMessage, by: string | undefined): Promise<undefined> {
    const held = this.#deps.retries.of(id);
    const reason = held?.failure.reason ?? "function_error";
    const who = by === undefined ? "" : ` by ${by}`;
    const text = `skipped${who}: ${held?.failure.message ?? "another router had tried it"}`;
    await this.#deps.deliveries.giveUp(message, held?.progress, { ok: false, reason, message: text });
  }
}
