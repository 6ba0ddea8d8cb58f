import type { QueueDeletionState } from "../../domain/made/queue.ts";
import { QUEUE_DELETION_KIND, SECOND_DELETION } from "../../domain/made/queue.ts";
import { isCheckpointQueue } from "../../domain/queue/queues.ts";
import type { QueueRemoval } from "../../ports/broker/queue-removal.ts";
import type { QueueDeletions } from "../../ports/queue-deletions.ts";
import type { ClaimedWork, DueWork } from "../../ports/store/due-work.ts";
import type { Change, Entities, EntityKey } from "../../ports/store/entities.ts";
import { DueWorker } from "../store/due-worker.ts";

/** By then every router that reads the store has heard that the queue is gone. */
const AGAIN_MS = 60_000;
/** The broker is away, or refuses. */
const RETRY_MS = 5_000;
/** How long a caller waits, and how often the store is asked for him. */
const WAIT_MS_MAX = 5_000;
const LOOK_MS = 50;

export interface StoredQueueDeletionsOptions {
  readonly store: Pick<Entities, "get" | "commit"> & DueWork;
  readonly broker: QueueRemoval;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Deletes queues on the broker that the store says were deleted. Whichever router does it carries on when another one died.
 *
 * A queue is deleted twice, a minute apart: a router that had yet to hear of it may have made it again after the first time. In between the
 * deletion is `removed`, and a queue of its name may be made, which ends it.
 */
export class StoredQueueDeletions implements QueueDeletions {
  readonly #options: StoredQueueDeletionsOptions;
  readonly #worker: DueWorker;
  readonly #stopping = new AbortController();

  constructor(options: StoredQueueDeletionsOptions) {
    this.#options = options;
    const work = async ([claimed]: readonly ClaimedWork[]): Promise<void> => {
      if (claimed !== undefined) await this.#delete(claimed);
    };
    this.#worker = new DueWorker({ ...options, kind: QUEUE_DELETION_KIND, claimed: 1, atOnce: 1, work });
  }

  start(): void {
    this.#worker.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#worker.stop();
  }

  async finish(queue: string): Promise<void> {
    const { store, nowMs, sleep } = this.#options;
    const { signal } = this.#stopping;
    this.#worker.wake();
    const untilMs = nowMs() + WAIT_MS_MAX;
    while (!signal.aborted && nowMs() < untilMs) {
      const deletion = await store.get(QUEUE_DELETION_KIND, queue).catch(() => undefined);
      if (deletion?.value !== ("removing" satisfies QueueDeletionState)) return;
      await sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #delete(work: ClaimedWork): Promise<void> {
    // No queue of such a name can be made over the API, so nothing but the work says that it is deleted.
    if (isCheckpointQueue(work.name)) return await this.#remove(work);
    const { store } = this.#options;
    const key = { kind: work.kind, name: work.name };
    const deletion = await store.get(key.kind, key.name);
    if (deletion === undefined) {
      await store.commit([settled(work)]);
      return;
    }
    // From here on until it is settled no queue of that name is made.
    const begun = await store.commit([stateChange(key, "removing", deletion.revision)]);
    if (!begun.ok) return;
    await this.#remove(work, isSecond(work) ? { change: "delete", ...key } : stateChange(key, "removed"));
  }

  /** @param then what else is committed once the broker has deleted it. */
  async #remove(work: ClaimedWork, ...then: readonly Change[]): Promise<void> {
    const { store, broker, nowMs, onError } = this.#options;
    try {
      await broker.remove(work.name);
    } catch (error) {
      onError(error);
      await store.commit([settled(work, { dueAtMs: nowMs() + RETRY_MS, value: work.value })]);
      return;
    }
    const next = isSecond(work) ? undefined : { dueAtMs: nowMs() + AGAIN_MS, value: SECOND_DELETION };
    await store.commit([...then, settled(work, next)]);
  }
}

function isSecond({ value }: ClaimedWork): boolean {
  return value === SECOND_DELETION;
}

function settled(
  { kind, name, claim }: ClaimedWork,
  next?: { readonly dueAtMs: number; readonly value: string },
): Change {
  return { change: "settle", kind, name, claim, ...(next === undefined ? {} : { next }) };
}

function stateChange(key: EntityKey, state: QueueDeletionState, expect?: number): Change {
  return { change: "put", ...key, value: state, ...(expect === undefined ? {} : { expect }) };
}

/** Where nothing is kept, nothing is deleted. */
export const NO_QUEUE_DELETIONS: QueueDeletions = { finish: () => Promise.resolve() };
