import { outcomeName } from "../../domain/failure/outcome.ts";
import { MappingLags } from "../../domain/mapping/mapping-lags.ts";
import type { MappingResult } from "../../ports/admin/mappings.ts";
import type { MappingObserver } from "../../ports/observer.ts";

/** What mappings did of late at this router: the calls in flight, what came of the batch that ended last, how far they lag behind. */
export class LastResults {
  readonly #results = new Map<string, MappingResult>();
  readonly #calls = new Map<string, number>();
  readonly #lags: MappingLags;

  /** @param nowMs epoch milliseconds. */
  constructor(nowMs: () => number) {
    this.#lags = new MappingLags(nowMs);
  }

  /** An observer that hears what another one hears. */
  besides(observer: MappingObserver): MappingObserver {
    return {
      mappingRead: (read) => observer.mappingRead(read),
      mappingBatchStarted: (batch) => {
        this.#calls.set(batch.mapping, this.callsOf(batch.mapping) + 1);
        observer.mappingBatchStarted(batch);
      },
      mappingBatchEnded: (batch, fact) => {
        this.#calls.set(batch.mapping, this.callsOf(batch.mapping) - 1);
        if (fact !== undefined) {
          const { endedAtMs: atMs, records, failed, outcome } = fact;
          this.#results.set(batch.mapping, { atMs, records, failed, outcome: outcomeName(outcome) });
        }
        observer.mappingBatchEnded(batch, fact);
      },
      mappingReading: (fact) => {
        this.#lags.reading(fact);
        observer.mappingReading(fact);
      },
      mappingProgress: (fact) => {
        this.#lags.progress(fact);
        observer.mappingProgress(fact);
      },
      mappingGaveUp: (fact) => observer.mappingGaveUp(fact),
    };
  }

  callsOf(mapping: string): number {
    return this.#calls.get(mapping) ?? 0;
  }

  /** See `MappingStatus.oldestRecordAgeMs`. */
  oldestRecordAgeMs(mapping: string): number | undefined {
    return this.#lags.ageMs(mapping);
  }

  of(mapping: string): MappingResult | undefined {
    return this.#results.get(mapping);
  }

  /** Forgets mappings that are gone and have no calls in flight. */
  keep(names: { has(name: string): boolean }): void {
    for (const name of [...this.#calls.keys(), ...this.#results.keys()]) {
      if (names.has(name) || this.callsOf(name) > 0) continue;
      this.#calls.delete(name);
      this.#results.delete(name);
    }
  }
}
