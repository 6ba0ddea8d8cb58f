import { FrameBuilder } from "../../domain/journal/frame.ts";
import type { JournalRecord, RecordKind } from "../../domain/journal/records.ts";
import type { JournalWriter } from "../../ports/journal.ts";

/** What may be on its way to the broker at once. */
const UNCONFIRMED_BYTES_MAX = 1024 * 1024;

/** How many records of each kind. */
export type RecordCounts = ReadonlyMap<RecordKind, number>;

export interface FrameSendingOptions {
  /** Which router writes, for people. */
  readonly router: string;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  /** So many records of each kind were stored, in a frame of so many bytes. */
  readonly onStored: (counts: RecordCounts, bytes: number) => void;
  /** `refused`: the broker did not take their frame, or was away. `full`: too much was on its way. */
  readonly onLost: (reason: "refused" | "full", counts: RecordCounts) => void;
}

/** Puts records together into frames and sends those. Nobody waits for it, and nothing is sent twice. */
export class FrameSending {
  readonly #options: FrameSendingOptions;
  #writer: JournalWriter | undefined;
  #frame: FrameBuilder | undefined;
  #counts = new Map<RecordKind, number>();
  #unconfirmedBytes = 0;
  readonly #sending = new Set<Promise<void>>();

  constructor(options: FrameSendingOptions) {
    this.#options = options;
  }

  /** Whether frames go anywhere. */
  get isOn(): boolean {
    return this.#writer !== undefined;
  }

  /** Where frames go from now on; undefined for nowhere. */
  writeTo(writer: JournalWriter | undefined): void {
    this.#writer = writer;
  }

  /** Adds a record to the frame, and sends that if it is full. @returns how many bytes the record takes. */
  add(record: JournalRecord): number {
    const { router, nowMs } = this.#options;
    const frame = (this.#frame ??= new FrameBuilder(router, nowMs()));
    const bytes = frame.add(record);
    this.#counts.set(record.kind, (this.#counts.get(record.kind) ?? 0) + 1);
    if (frame.isFull) this.send();
    return bytes;
  }

  /** Sends what is there. */
  send(): void {
    const [frame, counts] = [this.#frame, this.#counts];
    this.#frame = undefined;
    this.#counts = new Map();
    if (frame === undefined || this.#writer === undefined) return;
    const bytes = frame.taken();
    if (this.#unconfirmedBytes + bytes.length > UNCONFIRMED_BYTES_MAX) return this.#options.onLost("full", counts);
    const sending = this.#append(this.#writer, bytes, counts);
    this.#sending.add(sending);
    void sending.then(() => this.#sending.delete(sending));
  }

  /** Sends what is there, and resolves when everything has been confirmed or refused. */
  async end(): Promise<void> {
    this.send();
    await Promise.all(this.#sending);
  }

  async #append(writer: JournalWriter, bytes: Buffer, counts: RecordCounts): Promise<void> {
    this.#unconfirmedBytes += bytes.length;
    try {
      await writer.append(bytes);
      this.#options.onStored(counts, bytes.length);
    } catch {
      this.#options.onLost("refused", counts);
    } finally {
      this.#unconfirmedBytes -= bytes.length;
    }
  }
}
