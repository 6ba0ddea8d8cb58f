import type { Config } from "../../domain/config.ts";
import type { JobProgress, MoveOrder } from "../../domain/job/job.ts";
import { JOB_EXAMPLES_MAX } from "../../domain/job/job.ts";
import { HEADER } from "../../domain/delivery/headers.ts";
import type { Message, Received } from "../../domain/queue/message.ts";
import type { UnmovableReason } from "../../domain/queue/moved-message.ts";
import { movedMessage, sourceQueueOf, UNMOVABLE_REASONS } from "../../domain/queue/moved-message.ts";
import type { QueueConfig } from "../../domain/queue/queue-config.ts";
import type { DoWork, WorkControl, WorkEnd } from "../../ports/admin/jobs.ts";
import type { Browsed, QueueBrowser, QueueCounts } from "../../ports/broker/inspector.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import type { QueueObserver } from "../../ports/queue-observer.ts";
import type { PacedOptions } from "./paced.ts";
import { Paced } from "./paced.ts";
import type { PassProgress, Select, Visit } from "./pass.ts";
import { passRemoving, problemOf } from "./pass.ts";
import { storeThenRemove } from "./store-then-remove.ts";

export interface MoveRunOptions extends PacedOptions {
  readonly broker: Publisher & QueueBrowser & QueueCounts;
  readonly config: () => Config;
  readonly observer: Pick<QueueObserver, "moved">;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  readonly newId: () => string;
  /** The same text has the same id. */
  readonly deriveId: (text: string) => string;
}

/** What jobs do with the messages of a queue that are to be in another one. */
export function moveWork(options: MoveRunOptions): DoWork<MoveOrder> {
  return (order, control) => new MoveRun(order, control, options).run();
}

/** A message with what it becomes. */
interface Move extends Browsed {
  readonly messages: readonly Message[];
}

/** The one queue that everything was to go to is not there any more. */
class DestinationGoneError extends Error {
  override readonly name = "DestinationGoneError";
}

/**
 * One way through a queue, on which its messages are moved: each is stored where it goes, and confirmed there, before it is
 * removed. So an interruption loses none, and at worst some are in both queues, with the same id. In a FIFO queue the
 * second is known as sent before.
 */
class MoveRun {
  readonly #order: MoveOrder;
  readonly #control: WorkControl;
  readonly #options: MoveRunOptions;
  readonly #paced: Paced;
  #moved = 0;
  /** Messages of the queue that have yet to go, as far as is known. */
  #left = 0;
  #unmovable: Partial<Record<UnmovableReason, number>> = {};
  #examples: JobProgress["examples"] = [];

  constructor(order: MoveOrder, control: WorkControl, options: MoveRunOptions) {
    this.#order = order;
    this.#control = control;
    this.#options = options;
    this.#paced = new Paced(control.ratePerSecond, control.signal, options);
  }

  /** Never rejects: a failure is an end of its own. */
  async run(): Promise<WorkEnd> {
    const { queue, notSentSinceMs } = this.#order;
    const later = sentBefore(notSentSinceMs ?? this.#options.nowMs());
    const select = { first: notSentSinceMs === undefined ? everything : later, later };
    const passed = await passRemoving(queue, select, this.#options, () => this.#visitAnew(), this.#control.signal);
    const refused = passed.error instanceof DestinationGoneError ? { isRefused: true } : {};
    return { progress: this.#progressAt(passed), end: passed.end, ...problemOf(passed), ...refused };
  }

  /** A browse that begins anew meets again what cannot be moved. */
  #visitAnew(): Visit<Browsed> {
    this.#unmovable = {};
    this.#examples = [];
    return (selected, passed) => this.#visit(selected, passed);
  }

  async #visit(selected: readonly Browsed[], passed: PassProgress): Promise<undefined> {
    let rest = selected;
    this.#report(passed, rest);
    while (rest.length > 0) {
      this.#control.signal.throwIfAborted();
      const group = rest.slice(0, await this.#paced.due());
      rest = rest.slice(group.length);
      // Only now: at a slow rate a queue may be deleted meanwhile.
      await this.#move(group.flatMap((one) => this.#moveOf(one) ?? []));
      this.#report(passed, rest);
    }
  }

  #report(passed: PassProgress, rest: readonly Browsed[]): void {
    this.#left = passed.left + rest.length;
    this.#control.reached(this.#progressAt(passed));
  }

  #progressAt({ looked }: Pick<PassProgress, "looked">): JobProgress {
    return {
      looked,
      left: this.#left,
      removed: this.#moved,
      unredrivable: { ...this.#unmovable },
      examples: this.#examples,
      firstIds: [],
    };
  }

  /** Undefined for a message that cannot be moved. @throws DestinationGoneError */
  #moveOf(one: Browsed): Move | undefined {
    const { message } = one;
    const { destination: only } = this.#order;
    const name = only ?? sourceQueueOf(message);
    const destination = name === undefined ? undefined : this.#options.config().queues.get(name);
    if (destination !== undefined) return { ...one, messages: [this.#movedTo(destination, message)] };
    if (name === undefined) return this.#leave(message, "no_source", UNMOVABLE_REASONS.no_source);
    const problem = `queue "${name}" is not in the configuration`;
    this.#leave(message, "queue_gone", problem);
    if (only !== undefined) throw new DestinationGoneError(problem);
    return undefined;
  }

  /** Moved a second time, after an interruption, it has the same ids. */
  #movedTo(destination: QueueConfig, message: Received): Message {
    const { newId, deriveId, nowMs } = this.#options;
    const id = message.id === "" ? newId() : message.id;
    const deduplicationId = deriveId(`${this.#control.jobId}/${id}`);
    return movedMessage(message, destination, { id, deduplicationId, sentAtMs: nowMs() });
  }

  #leave({ id }: Received, reason: UnmovableReason, message: string): undefined {
    this.#unmovable[reason] = (this.#unmovable[reason] ?? 0) + 1;
    if (this.#examples.length < JOB_EXAMPLES_MAX) this.#examples = [...this.#examples, { id, reason, message }];
  }

  /** Stores them all, then removes those that are confirmed. Throws unless that is all of them. */
  async #move(moves: readonly Move[]): Promise<void> {
    this.#paced.went(moves.length);
    const { confirmed, failure } = await storeThenRemove(moves, this.#options.broker);
    this.#moved += confirmed.length;
    this.#options.observer.moved(this.#order.queue, confirmed.length);
    if (failure !== undefined) throw failure;
  }
}

function everything(browsed: Browsed): Browsed {
  return browsed;
}

/** What has come back since then, and what was sent since then, stays. */
function sentBefore(epochMs: number): Select<Browsed> {
  return (browsed) => {
    const sentAt = browsed.message.headers[HEADER.sentAt];
    return typeof sentAt === "number" && sentAt >= epochMs ? undefined : browsed;
  };
}
