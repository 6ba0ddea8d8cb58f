import type { JournalFrame, JournalReader, JournalReading, JournalStart } from "../../../ports/journal.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import type { Server } from "../connection/server.ts";
import { RabbitMqJournalReading } from "./journal-reading.ts";
import { beginJournalConnection } from "./journal-stream.ts";

export interface RabbitMqJournalReaderOptions extends Server {
  /** Called when RabbitMQ does not let the stream be read or a listener rejects; not again before a frame has come. */
  readonly fault: (message: string, error: unknown) => void;
}

/**
 * Opens a reader of the journal, whether RabbitMQ is there or not. It makes no stream, and so needs no permission but
 * to read; it waits for one to be made.
 */
export async function openRabbitMqJournalReader(options: RabbitMqJournalReaderOptions): Promise<JournalReader> {
  return new RabbitMqJournalReader(await beginJournalConnection(options), options.fault);
}

class RabbitMqJournalReader implements JournalReader {
  readonly #connection: RecoveringConnection;
  readonly #fault: RabbitMqJournalReaderOptions["fault"];
  readonly #readings = new Set<RabbitMqJournalReading>();

  constructor(connection: RecoveringConnection, fault: RabbitMqJournalReaderOptions["fault"]) {
    this.#connection = connection;
    this.#fault = fault;
  }

  read(
    start: JournalStart,
    listener: (frames: readonly JournalFrame[]) => Promise<void>,
    onLost: () => void,
  ): JournalReading {
    const options = { connection: this.#connection, start, listener, onLost, fault: this.#fault };
    const reading = new RabbitMqJournalReading(options);
    this.#readings.add(reading);
    reading.start();
    return {
      end: () => {
        this.#readings.delete(reading);
        return reading.end();
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#readings].map((reading) => reading.end()));
    await this.#connection.close();
  }
}
