import { randomUUID } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import { HELD_QUEUE } from "../../../../domain/queue/queues.ts";
import type { BrokerEvents } from "../../../../ports/broker/broker.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { Topology } from "../../topology/topology.ts";
import { PublishError } from "../../../../ports/broker/publisher.ts";
import type { HoldBook } from "../book/hold-book.ts";
import type { Arrived } from "../receiving/hold-channels.ts";
import { MovedChannels } from "./moved-channels.ts";
import type { PendingChanges } from "./pending-changes.ts";
import type { MovedMessage } from "./moved-message.ts";
import { movedMessageOf, parked, visibleAgain, visibleByLadder, waitingOn } from "./moved-message.ts";

/** How long a message stays in hand that could not be published. */
const RETRY_MS = 5_000;

export interface MovedMessagesOptions {
  readonly connection: RecoveringConnection;
  readonly topology: Topology;
  /** Resolves when all are confirmed. @throws PublishError */
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Whether a message was deleted while it was in nobody's hands, or before its queue was cleared. */
  readonly isDeleted: (moved: MovedMessage) => boolean;
  readonly changes: PendingChanges;
  /** What this router has. A hold whose time is over is given back. */
  readonly book: HoldBook;
  readonly events: Pick<BrokerEvents, "visibleAgain" | "fault">;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** What waits is published again after so long. */
  readonly renewAfterMs: number;
}

type MovedArrived = Arrived & { readonly raw: ConsumeMessage };

/**
 * Received messages that wait in `busbar.sqs.held` until they are visible, spread over the routers. Each router has those
 * that RabbitMQ gave it unacked, without their bodies.
 *
 * A message in hand that has become due, that is to wait for longer or shorter, or that has waited for `renewAfterMs`, is given
 * back to the queue, and comes to some router again, with its body. That one publishes it where it belongs, and acks it when that is confirmed.
 */
export class MovedMessages {
  readonly book: HoldBook;
  readonly #options: MovedMessagesOptions;
  readonly #channels: MovedChannels;
  /** What is just done with what came. */
  readonly #taking = new Set<Promise<void>>();

  constructor(options: MovedMessagesOptions) {
    this.#options = options;
    this.book = options.book;
    this.#channels = new MovedChannels({
      ...options,
      arrived: (arrived) => {
        const taking = this.#take(arrived).finally(() => this.#taking.delete(taking));
        this.#taking.add(taking);
      },
      lost: (channel) => this.book.lose(channel),
    });
  }

  start(): Promise<void> {
    return this.#channels.start();
  }

  /** Gives all back, for other routers, but for what is just published where it goes: there would be two of it. */
  async end(): Promise<void> {
    await this.#channels.cancel();
    await Promise.allSettled(this.#taking);
    await this.#channels.end();
  }

  /** How many consumers of `busbar.sqs.held` are this router's. */
  get consumers(): number {
    return this.#channels.count;
  }

  async #take(arrived: MovedArrived): Promise<void> {
    const { channel, raw } = arrived;
    const moved = movedMessageOf(arrived);
    const isDeleted = moved !== undefined && this.#options.isDeleted(moved);
    if (isDeleted) return channel.ack(raw.fields.deliveryTag);
    const change = moved && this.#options.changes.take(moved);
    const next = moved === undefined ? parked(raw) : this.#next(moved, change?.visibleAtMs, raw);
    if (moved !== undefined && next === undefined) {
      this.#keep(arrived, moved.fingerprint, moved);
      return change?.answer("changed");
    }
    const isStored = next !== undefined && (await this.#publish(next, raw, moved));
    if (isStored) channel.ack(raw.fields.deliveryTag);
    if (isStored && moved !== undefined && change === undefined && next.routingKey !== HELD_QUEUE)
      this.#options.events.visibleAgain(moved.queue, 1, "time");
    if (!isStored) this.#keep(arrived, moved?.fingerprint ?? randomUUID(), moved, RETRY_MS);
    change?.answer(isStored ? "changed" : "gone");
  }

  /** Where a message goes now; undefined while it waits. */
  #next(moved: MovedMessage, changedToMs: number | undefined, raw: ConsumeMessage): Outgoing | undefined {
    const nowMs = this.#options.clock();
    const visibleAtMs = changedToMs ?? moved.visibleAtMs;
    if (visibleAtMs <= nowMs) return visibleAgain(raw, moved.queue);
    const isFresh = nowMs < moved.heldAtMs + this.#options.renewAfterMs;
    return isFresh && visibleAtMs === moved.visibleAtMs ? undefined : waitingOn(raw, visibleAtMs, nowMs);
  }

  /** Has the message until it is due or has to be renewed. */
  #keep({ channel, raw }: MovedArrived, fingerprint: string, moved: MovedMessage | undefined, waitMs?: number): void {
    if (!channel.isOpen) return;
    const nowMs = this.#options.clock();
    const dueAtMs =
      moved === undefined ? nowMs : Math.min(moved.visibleAtMs, moved.heldAtMs + this.#options.renewAfterMs);
    const hold = {
      queue: moved?.queue ?? HELD_QUEUE,
      fingerprint,
      channel,
      tag: raw.fields.deliveryTag,
      sentAtMs: moved?.sentAtMs ?? nowMs,
      receivedAtMs: performance.now(),
      visibleAtMs: performance.now() + (waitMs ?? dueAtMs - nowMs),
      hasOwnId: moved?.hasOwnId ?? false,
      mayHaveCopies: moved?.mayHaveCopies ?? false,
    };
    this.book.add(hold);
  }

  /** @returns whether it is stored. */
  async #publish(next: Outgoing, raw: ConsumeMessage, moved: MovedMessage | undefined): Promise<boolean> {
    try {
      await this.#options.publish([next]);
      return true;
    } catch (error) {
      if (!(error instanceof PublishError)) {
        this.#options.events.fault("a message that waits cannot be published", error);
        return false;
      }
      const isGone =
        error.failures[0]?.reason === "unroutable" && next.exchange === "" && next.routingKey === moved?.queue;
      return isGone && (await this.#publish(visibleByLadder(raw, moved.queue), raw, moved));
    }
  }
}
