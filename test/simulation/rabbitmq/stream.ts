import type { Scheduler } from "../scheduler.ts";

/** Records in their order, which every reader reads for itself. */
export class Stream {
  readonly records: Buffer[] = [];
  readonly readers = new Set<StreamReader>();
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  append(body: Buffer): void {
    this.records.push(body);
    for (const reader of this.readers) reader.dispatch();
  }

  /** @param offset a number, or where to begin in RabbitMQ's words. */
  reader(offset: unknown, limit: number, deliver: (offset: number, body: Buffer) => void): StreamReader {
    return new StreamReader(this, this.#begin(offset), limit, deliver);
  }

  /** The last chunk may hold several records. */
  #begin(offset: unknown): number {
    const { length } = this.records;
    if (offset === "first") return 0;
    if (offset === "last") return Math.max(0, length - this.#scheduler.chance.between(1, 3));
    // A time, which is further back than any simulation lasts.
    if (typeof offset === "object") return 0;
    return typeof offset === "number" ? offset : length;
  }
}

/** One subscription of a stream. */
export class StreamReader {
  readonly #stream: Stream;
  readonly #limit: number;
  readonly #deliver: (offset: number, body: Buffer) => void;
  #next: number;
  #unacked = 0;

  constructor(stream: Stream, next: number, limit: number, deliver: (offset: number, body: Buffer) => void) {
    this.#stream = stream;
    this.#next = next;
    this.#limit = limit;
    this.#deliver = deliver;
  }

  begin(): void {
    this.#stream.readers.add(this);
    this.dispatch();
  }

  acked(): void {
    this.#unacked -= 1;
    if (this.#stream.readers.has(this)) this.dispatch();
  }

  end(): void {
    this.#stream.readers.delete(this);
  }

  dispatch(): void {
    while (this.#unacked < this.#limit) {
      const body = this.#stream.records[this.#next];
      if (body === undefined) return;
      this.#unacked += 1;
      this.#next += 1;
      this.#deliver(this.#next - 1, body);
    }
  }
}
