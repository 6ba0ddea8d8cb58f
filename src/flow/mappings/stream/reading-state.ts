import type { MappingReadingFact } from "../../../domain/mapping/batch-fact.ts";
import type { MappingObserver } from "../../../ports/observer.ts";

export interface ReadingStateOptions {
  readonly mapping: string;
  readonly partition: string;
  readonly observer: Pick<MappingObserver, "mappingReading">;
}

/** Tells how the reading of a partition is, each time that this changes. A failure that repeats is told each time. */
export class ReadingState {
  readonly #options: ReadingStateOptions;
  #state: MappingReadingFact["state"] = "over";

  constructor(options: ReadingStateOptions) {
    this.#options = options;
  }

  failed(error: unknown): void {
    this.#tell("failed", error);
  }

  reads(): void {
    if (this.#state !== "reading") this.#tell("reading");
  }

  over(): void {
    if (this.#state !== "over") this.#tell("over");
  }

  #tell(state: MappingReadingFact["state"], error?: unknown): void {
    this.#state = state;
    const { observer, mapping, partition } = this.#options;
    observer.mappingReading({ mapping, partition, state, ...(state === "failed" ? { error } : {}) });
  }
}
