import { HELD_QUEUE } from "../../../../domain/queue/queues.ts";
import type { BrokerEvents } from "../../../../ports/broker/broker.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import { depth } from "../../inspecting/inspect.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { Topology } from "../../topology/topology.ts";
import type { HoldBook } from "../book/hold-book.ts";
import type { DeletedMessage } from "../routers/deleted-messages.ts";
import type { ChangeOutcome, HoldMessage } from "../routers/hold-messages.ts";
import { MovedMessages } from "./moved-messages.ts";
import { MovedQuestions, type MovedChange } from "./moved-questions.ts";
import { Mover } from "./mover.ts";
import { PendingChanges } from "./pending-changes.ts";

/** How long a router that stops moves what it holds. 10,000 messages take 4 s. */
const LEAVE_MS_MAX = 15_000;

/** When held messages move. Tests have shorter times. */
export interface MoveLimits {
  /** What is held for so long moves to `busbar.sqs.held`. */
  readonly moveAfterMs: number;
  /** What waits there is published again after so long: consumers have 30 minutes, and before RabbitMQ 4.3 its log stays. */
  readonly renewAfterMs: number;
  /** The oldest move earlier while all that a router holds takes more. */
  readonly heldBytesMax: number;
}

export const MOVE_LIMITS: MoveLimits = {
  moveAfterMs: 5 * 60_000,
  renewAfterMs: 20 * 60_000,
  heldBytesMax: 64 * 1024 * 1024,
};

export interface HeldQueueOptions {
  /** The one that a router consumes with: what has moved outlives the one that holds. */
  readonly connection: RecoveringConnection;
  readonly topology: Topology;
  /** Resolves when all are confirmed. @throws PublishError */
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly events: Pick<BrokerEvents, "visibleAgain" | "fault">;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Where other routers answer. */
  readonly address: () => string | undefined;
  readonly limits: MoveLimits;
}

/** What a router does with `busbar.sqs.held`: it moves messages there, has a share of them, and asks for changes of the others'. */
export class HeldQueue {
  readonly #moved: MovedMessages;
  readonly #mover: Mover;
  readonly #pending: PendingChanges;
  readonly #questions: MovedQuestions;
  readonly #connection: RecoveringConnection;

  /**
   * @param held what this router holds in messages' own queues.
   * @param moved what it has of the moved ones.
   */
  constructor(
    { limits, address, ...options }: HeldQueueOptions,
    held: HoldBook,
    moved: HoldBook,
    isDeleted: (message: DeletedMessage) => boolean,
  ) {
    const { connection, publish } = options;
    this.#pending = new PendingChanges(publish);
    this.#moved = new MovedMessages({ ...options, ...limits, book: moved, isDeleted, changes: this.#pending });
    this.#mover = new Mover({ ...options, ...limits, book: held, isDeleted });
    this.#connection = connection;
    this.#questions = new MovedQuestions({ publish, address, consumers: () => this.consumersOfAll() });
  }

  /** How many consumers of `busbar.sqs.held` are this router's. */
  get consumers(): number {
    return this.#moved.consumers;
  }

  /** How many it has, over all routers. */
  async consumersOfAll(): Promise<number> {
    return (await depth(this.#connection, HELD_QUEUE))?.consumers ?? 0;
  }

  start(): Promise<void> {
    return this.#moved.start();
  }

  /** To be called once, when this router begins to hold messages. */
  startMoving(): void {
    this.#mover.start();
  }

  /** Leaves everything to the other routers, and to those that start later. */
  async end(): Promise<void> {
    await this.#moved.end();
    await this.#mover.moveAll(AbortSignal.timeout(LEAVE_MS_MAX));
  }

  /** To be called with every message of a router. */
  hear(message: HoldMessage): void {
    this.#pending.hear(message, this.#moved);
    this.#questions.hear(message);
  }

  /** Resolves when none of the messages is on its way there. */
  settled(fingerprints: readonly string[]): Promise<void> {
    return this.#mover.settled(fingerprints);
  }

  /** Changes when messages are visible that wait there, whoever has them. @returns an outcome for each: `gone` for others. */
  hide(changes: readonly MovedChange[]): Promise<readonly ChangeOutcome[]> {
    return this.#questions.ask(changes);
  }
}
