import type { BrokerThread } from "../broker/broker-thread.ts";

/** Reads the control log for one listener, from its first record on. */
export class LogFollower {
  readonly #client: BrokerThread;
  readonly #listener: (record: Buffer) => void;
  #position = 0;
  /** Readings happen one after another, or a record might be handed over twice. */
  #last: Promise<void> = Promise.resolve();

  constructor(client: BrokerThread, listener: (record: Buffer) => void) {
    this.#client = client;
    this.#listener = listener;
  }

  /** Hands over the records that are new. Resolves when that is done. */
  read(): Promise<void> {
    const next = this.#last.then(() => this.#readOn());
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const records = await this.#client.call("recordsAfter", [this.#position]);
      if (records.length === 0) return;
      for (const { position, record } of records) {
        this.#position = position;
        this.#listener(Buffer.from(record));
      }
    }
  }
}
