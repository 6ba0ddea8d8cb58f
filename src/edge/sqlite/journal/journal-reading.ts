import { sleep } from "../../../async/sleep.ts";
import { waitFor } from "../../../async/time-limit.ts";
import type { JournalFrame, JournalReading, JournalStart } from "../../../ports/journal.ts";
import type { DatabaseThread } from "../database-thread.ts";
import type { FrameSlice } from "./frame-table.ts";
import type { JournalReaderOperations } from "./journal-protocol.ts";
import { READ_WAIT_MS } from "./journal-protocol.ts";

/** The thread answers sooner, whether there are frames or not. */
const ANSWER_MS_MAX = 5 * READ_WAIT_MS;
const RETRY_MS = 1_000;

export interface SqliteJournalReadingOptions {
  readonly thread: DatabaseThread<JournalReaderOperations>;
  readonly start: JournalStart;
  readonly listener: (frames: readonly JournalFrame[]) => Promise<void>;
  readonly onLost: () => void;
  readonly fault: (message: string, error: unknown) => void;
}

/** One reading of the journal's file, one slice after the other. */
export class SqliteJournalReading implements JournalReading {
  readonly #options: SqliteJournalReadingOptions;
  readonly #ended = new AbortController();
  readonly #done: Promise<void>;
  #isFailing = false;

  constructor(options: SqliteJournalReadingOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    let start = this.#options.start;
    while (!this.#ended.signal.aborted) {
      const slice = await this.#next(start);
      if (this.#isFailing) await sleep(RETRY_MS, this.#ended.signal);
      if (slice === undefined) continue;
      start = { kind: "after", position: slice.position };
      if (slice.frames.length > 0) await this.#handOver(slice);
    }
  }

  async #next(start: JournalStart): Promise<FrameSlice | undefined> {
    const { thread, onLost, fault } = this.#options;
    const { signal } = this.#ended;
    try {
      const slice = await waitFor(thread.call("read", [start]), ANSWER_MS_MAX, { signal });
      this.#isFailing = false;
      if (slice?.isBehindGap) onLost();
      return slice;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!this.#isFailing) fault("the journal cannot be read", error);
      this.#isFailing = true;
      return undefined;
    }
  }

  async #handOver({ frames }: FrameSlice): Promise<void> {
    if (this.#ended.signal.aborted) return;
    try {
      await this.#options.listener(frames.map(({ position, bytes }) => ({ position, bytes: asBuffer(bytes) })));
    } catch (error) {
      this.#options.fault("what reads the journal failed", error);
    }
  }
}

export function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
