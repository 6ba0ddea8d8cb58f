import type { MappingProgressFact, MappingReadingFact } from "./batch-fact.ts";

/** How far the mappings of streams that this router reads lag behind. */
export class MappingLags {
  readonly #nowMs: () => number;
  /** By mapping, and by partition: when the oldest record was accepted that is not finished; undefined where all are. */
  readonly #oldest = new Map<string, Map<string, number | undefined>>();

  /** @param nowMs epoch milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  progress({ mapping, partition, oldestAtMs }: MappingProgressFact): void {
    const partitions = this.#oldest.get(mapping) ?? new Map<string, number | undefined>();
    this.#oldest.set(mapping, partitions.set(partition, oldestAtMs));
  }

  /** Of a partition that cannot be read, it is known only while a record of it is in hand. */
  reading({ mapping, partition, state }: MappingReadingFact): void {
    const oldestAtMs = this.#oldest.get(mapping)?.get(partition);
    if (state === "reading") return this.progress({ mapping, partition, oldestAtMs });
    if (state === "failed" && oldestAtMs !== undefined) return;
    this.#oldest.get(mapping)?.delete(partition);
    if (this.#oldest.get(mapping)?.size === 0) this.#oldest.delete(mapping);
  }

  /** In seconds, by mapping: 0 also for one that reads nothing here. */
  secondsOf(mappings: Iterable<string>): ReadonlyMap<string, number> {
    return new Map([...mappings].map((name) => [name, (this.ageMs(name) ?? 0) / 1_000]));
  }

  /** How long ago a mapping's oldest record was accepted that is not finished, in milliseconds: 0 where all are; undefined where it reads nothing here. */
  ageMs(mapping: string): number | undefined {
    const partitions = this.#oldest.get(mapping);
    if (partitions === undefined) return undefined;
    const nowMs = this.#nowMs();
    return Math.max(0, ...[...partitions.values()].map((atMs = nowMs) => nowMs - atMs));
  }
}
