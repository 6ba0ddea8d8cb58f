const EXAMPLES_MAX = 5;

/** An event as its caller put it. Times are those of `performance.now`. */
export interface PutEvent {
  readonly putAtMs: number;
}

/** An event as it stood in a call. */
export interface GivenEvent {
  readonly eventId: string;
  /** Undefined for one that has no key. */
  readonly group: string | undefined;
}

/** A call as the function saw it. */
export interface SeenBatch {
  readonly events: readonly GivenEvent[];
  readonly beganAtMs: number;
  /** Infinity while it goes on. */
  readonly endedAtMs: number;
  /** The ids of those that failed, by themselves or with the call. */
  readonly failed: ReadonlySet<string>;
}

export interface BatchJudgement {
  readonly wrong: number;
  /** The first few of what is wrong. */
  readonly examples: readonly string[];
  /** How often events were called for once more, though nothing said that they had failed. */
  readonly repeats: number;
}

export interface BatchFacts {
  /** In the order in which they began. */
  readonly calls: readonly SeenBatch[];
  /** Those that were accepted, by their ids. */
  readonly events: ReadonlyMap<string, PutEvent>;
  readonly faultsAtMs: readonly number[];
  readonly sizeMax: number;
}

/**
 * Judges the calls of a function with batches:
 *
 * - A batch has no more events than it may, all of one group, and none of them twice.
 * - An event is called for again when the call before has ended and it failed there. Otherwise only where a fault lies between its
 *   put and that call.
 */
export function judgeBatches({ calls, events, faultsAtMs, sizeMax }: BatchFacts): BatchJudgement {
  const examples: string[] = [];
  let wrong = 0;
  let repeats = 0;
  const blame = (what: string): void => {
    wrong += 1;
    if (examples.length < EXAMPLES_MAX) examples.push(what);
  };
  const last = new Map<string, SeenBatch>();
  for (const call of calls) {
    const ids = new Set(call.events.map(({ eventId }) => eventId));
    const groups = new Set(call.events.map(({ group }) => group));
    if (call.events.length > sizeMax) blame(`a batch had ${call.events.length} events, and may have ${sizeMax}`);
    if (groups.size > 1) blame(`a batch had events of the groups ${[...groups].map(String).join(", ")}`);
    if (ids.size < call.events.length) blame("a batch had an event twice");
    for (const id of ids) {
      const before = last.get(id);
      last.set(id, call);
      const isRetry = before === undefined || (before.failed.has(id) && before.endedAtMs <= call.beganAtMs);
      const event = events.get(id);
      if (isRetry || event === undefined) continue;
      repeats += 1;
      if (!hasFault(event.putAtMs, call.beganAtMs, faultsAtMs)) blame(`${id} was called for again without a fault`);
    }
  }
  return { wrong, examples, repeats };
}

/** Whether a fault may have touched what went on between two times. */
export function hasFault(fromMs: number, toMs: number, faultsAtMs: readonly number[]): boolean {
  return faultsAtMs.some((atMs) => atMs >= fromMs && atMs <= toMs);
}
