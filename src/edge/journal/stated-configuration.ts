import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../domain/config.ts";
import type { JournalRecord } from "../../domain/journal/records.ts";
import { configurationRecord, keptDocument } from "./configuration-record.ts";
import type { Journal } from "./journal.ts";

/** The shortest time between two documents: one has up to 256 KiB, and rules may be changed all the time. */
const REST_MS = 10_000;

interface InForce {
  readonly config: Config;
  readonly sinceMs: number;
  /** Undefined until it is written, and where it is too long. */
  document: Buffer | undefined;
  isWritten: boolean;
}

/**
 * Which configuration is in force, in the journal. A record says so at once. Its document takes up to a second to write, and
 * follows in a record of its own. While configurations follow each other faster than they are written, only the latest gets one.
 */
export class StatedConfiguration {
  readonly #journal: Journal;
  readonly #restMs: number;
  #inForce: InForce | undefined;
  #isWriting = false;

  constructor(journal: Journal, restMs = REST_MS) {
    this.#journal = journal;
    this.#restMs = restMs;
  }

  follow(config: Config, sinceMs: number): void {
    const inForce: InForce = { config, sinceMs, document: undefined, isWritten: false };
    this.#inForce = inForce;
    this.#journal.state(() => {
      if (this.#journal.isOn) void this.#writeDocuments();
      return this.#recordOf(inForce);
    });
  }

  /** Never rejects. */
  async #writeDocuments(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    for (let next = this.#inForce; next?.isWritten === false; next = this.#inForce) {
      next.isWritten = true;
      next.document = await keptDocument(next.config).catch(() => undefined);
      if (next.document !== undefined) this.#journal.write(this.#recordOf(next));
      await sleep(this.#restMs, undefined, { ref: false });
    }
    this.#isWriting = false;
  }

  #recordOf({ config, sinceMs, document }: InForce): JournalRecord {
    return configurationRecord(config, sinceMs, this.#journal.nowMs, document);
  }
}
