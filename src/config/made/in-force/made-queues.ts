import { SortedMap } from "../../../collections/sorted-map.ts";
import type { Identity } from "../../../domain/arn.ts";
import type { MadeQueueInForce } from "../../../domain/made/queue.ts";
import { readMadeQueue } from "../../../domain/made/queue.ts";
import type { QueueConfig } from "../../../domain/queue/queue-config.ts";
import type { Entity } from "../../../ports/store/entities.ts";
import { compileMadeQueue } from "../entry/queue-entry.ts";

/** A queue of the store: as it was made, and compiled. */
export interface CompiledQueue {
  readonly made: MadeQueueInForce;
  readonly queue: QueueConfig;
}

/** @returns undefined when a router of another version wrote it. */
export function compiledQueueOf(entity: Entity, identity: Identity): CompiledQueue | undefined {
  const { name, value, createdAtMs, changedAtMs } = entity;
  const made = readMadeQueue(value);
  const queue = made && compileMadeQueue(name, made, identity);
  return queue === undefined || made === undefined ? undefined : { made: { ...made, createdAtMs, changedAtMs }, queue };
}

/** The queues of the API that are in force. The maps that were taken from it do not change. */
export class MadeQueues {
  #made: SortedMap<MadeQueueInForce> = SortedMap.empty();
  #queues: SortedMap<QueueConfig> = SortedMap.empty();
  readonly #ofFiles: ReadonlyMap<string, QueueConfig>;
  #all: ReadonlyMap<string, QueueConfig> | undefined;

  constructor(ofFiles: ReadonlyMap<string, QueueConfig>) {
    this.#ofFiles = ofFiles;
    this.#all = ofFiles;
  }

  get made(): SortedMap<MadeQueueInForce> {
    return this.#made;
  }

  /** With those of the files. The same map as long as none has changed. */
  get all(): ReadonlyMap<string, QueueConfig> {
    this.#all ??= this.#joined();
    return this.#all;
  }

  /** Puts a queue in the place of the one of that name, or takes it out. */
  replace(name: string, compiled: CompiledQueue | undefined): void {
    if (compiled === undefined && !this.#queues.has(name)) return;
    this.#made = compiled === undefined ? this.#made.without(name) : this.#made.with(name, compiled.made);
    this.#queues = compiled === undefined ? this.#queues.without(name) : this.#queues.with(name, compiled.queue);
    this.#all = undefined;
  }

  /** A dead-letter queue that was deleted takes nothing: messages then stay where they are. */
  #joined(): ReadonlyMap<string, QueueConfig> {
    const all = new Map([...this.#ofFiles, ...this.#queues]);
    for (const [name, { redrivePolicy, ...rest }] of this.#queues) {
      if (redrivePolicy !== undefined && !all.has(redrivePolicy.queue)) all.set(name, rest);
    }
    return all;
  }
}
