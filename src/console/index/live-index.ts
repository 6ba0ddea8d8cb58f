import type { JournalReader, JournalReading } from "../../ports/journal.ts";
import { sleep } from "../../async/sleep.ts";
import { followJournal } from "./follow.ts";
import { JournalIndex } from "./journal-index.ts";

/** After an index has ended by itself, the next one is opened this much later. */
const REOPEN_MS = 1_000;

export interface LiveIndexOptions {
  readonly folder: string;
  readonly reader: JournalReader;
  readonly nowMs: () => number;
  /** Frames cannot be added, or the index has ended by itself: for the log. */
  readonly onFault: (error: unknown) => void;
}

/** An index that follows the journal. Where a file of it turns out to be damaged, it is opened again without that file. */
export class LiveIndex {
  readonly #options: LiveIndexOptions;
  readonly #ending = new AbortController();
  #index: JournalIndex;
  #reading: JournalReading | undefined;
  #reopening: Promise<void> | undefined;

  private constructor(index: JournalIndex, options: LiveIndexOptions) {
    this.#index = index;
    this.#options = options;
  }

  /** @throws Error where the folder cannot be used, or another process has it open. */
  static async open(options: LiveIndexOptions): Promise<LiveIndex> {
    const live = new LiveIndex(await JournalIndex.open(options.folder), options);
    await live.#follow();
    return live;
  }

  /** What to ask now. Its calls reject while it is opened again. */
  get current(): JournalIndex {
    return this.#index;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#reopening;
    await this.#reading?.end();
    await this.#index.close();
  }

  async #follow(): Promise<void> {
    const index = this.#index;
    index.ended.addEventListener("abort", () => {
      if (!this.#ending.signal.aborted) this.#reopening = this.#reopen();
    });
    this.#reading = await followJournal(this.#options.reader, index, this.#options);
  }

  async #reopen(): Promise<void> {
    const { folder, onFault } = this.#options;
    onFault(new Error("the console's index has ended and is opened again"));
    while (!this.#ending.signal.aborted) {
      await sleep(REOPEN_MS, this.#ending.signal);
      try {
        this.#index = await JournalIndex.open(folder);
        return await this.#follow();
      } catch (error) {
        onFault(error);
      }
    }
  }
}
