import type { JournalFrame, JournalReader, JournalReading, JournalStart } from "../../../ports/journal.ts";
import { DatabaseThread } from "../database-thread.ts";
import type { JournalReaderOperations, JournalReaderSettings } from "./journal-protocol.ts";
import { SqliteJournalReading } from "./journal-reading.ts";

export interface SqliteJournalReaderOptions {
  readonly folder: string;
  /** Called when the file cannot be read or a listener rejects; not again before it can. */
  readonly fault: (message: string, error: unknown) => void;
}

/**
 * Opens a reader of the journal in a folder, with a thread of its own, in the process that writes it or in another one.
 * It opens the file for reading only, and waits for one to be made.
 */
export async function openSqliteJournalReader({ folder, fault }: SqliteJournalReaderOptions): Promise<JournalReader> {
  const settings: JournalReaderSettings = { folder, file: "journal.sqlite" };
  const thread = await DatabaseThread.open<JournalReaderOperations>("journal/reader-worker", settings);
  return new SqliteJournalReader(thread, fault);
}

class SqliteJournalReader implements JournalReader {
  readonly #thread: DatabaseThread<JournalReaderOperations>;
  readonly #fault: SqliteJournalReaderOptions["fault"];
  readonly #readings = new Set<SqliteJournalReading>();

  constructor(thread: DatabaseThread<JournalReaderOperations>, fault: SqliteJournalReaderOptions["fault"]) {
    this.#thread = thread;
    this.#fault = fault;
  }

  read(
    start: JournalStart,
    listener: (frames: readonly JournalFrame[]) => Promise<void>,
    onLost: () => void,
  ): JournalReading {
    const reading = new SqliteJournalReading({ thread: this.#thread, start, listener, onLost, fault: this.#fault });
    this.#readings.add(reading);
    return {
      end: () => {
        this.#readings.delete(reading);
        return reading.end();
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#readings].map((reading) => reading.end()));
    await this.#thread.close();
  }
}
