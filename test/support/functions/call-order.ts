/** One call of an event that has a key, and a number that counts the events of the key from 0. */
export interface KeyedCall {
  readonly key: string;
  readonly number: number;
  readonly startedAtMs: number;
  /** Undefined while it goes on. */
  endedAtMs?: number;
  succeeded?: boolean;
}

/**
 * What is wrong with the order of calls, of which each was recorded when it began. An event is called once all events of
 * its key before it have succeeded; those in `left`, as `KEY NUMBER`, need not. It may be called again later, with those
 * that follow it.
 */
export function orderBreaches(calls: readonly KeyedCall[], left: ReadonlySet<string> = new Set()): readonly string[] {
  const succeeded = new Map<string, Set<number>>();
  const isDone = ({ key, startedAtMs }: KeyedCall, number: number): boolean =>
    left.has(`${key} ${number}`) ||
    calls.some(
      (other) =>
        other.key === key && other.number === number && other.succeeded === true && other.endedAtMs! <= startedAtMs,
    );
  const breaches: string[] = [];
  for (const call of calls) {
    const done = succeeded.get(call.key) ?? new Set<number>();
    succeeded.set(call.key, done);
    for (let before = 0; before < call.number; before++) {
      if (done.has(before)) continue;
      if (isDone(call, before)) done.add(before);
      else breaches.push(`key ${call.key}: ${call.number} was called before ${before} had succeeded`);
    }
  }
  return breaches;
}

/** Calls of one key that ran at the same time, as `KEY NUMBER and NUMBER`. */
export function overlaps(calls: readonly KeyedCall[]): readonly string[] {
  const found: string[] = [];
  const running = new Map<string, KeyedCall>();
  for (const call of calls) {
    const former = running.get(call.key);
    if (former !== undefined && (former.endedAtMs ?? Infinity) > call.startedAtMs) {
      found.push(`${call.key} ${former.number} and ${call.number}`);
    }
    running.set(call.key, call);
  }
  return found;
}
