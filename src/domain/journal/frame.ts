import { ByteReader, ByteWriter } from "./bytes.ts";
import { double, listOf, object, text, writerOf } from "./codecs.ts";
import type { JournalRecord } from "./records.ts";
import { readerOf, recordWriterOf } from "./records.ts";

const VERSION = 1;

/** A frame ends with the record that brings it to so many bytes. */
export const FRAME_BYTES_WANTED = 48 * 1024;

const head = object({ router: text, startedAtMs: double, names: listOf(text) });
const writeHead = writerOf(head);

/** Some records of one router in their order. */
export interface Frame {
  readonly router: string;
  /** When the first record was written. */
  readonly startedAtMs: number;
  readonly records: readonly JournalRecord[];
}

/** Collects records until they are a frame. */
export class FrameBuilder {
  readonly #router: string;
  readonly #startedAtMs: number;
  readonly #records = new ByteWriter();

  constructor(router: string, startedAtMs: number) {
    this.#router = router;
    this.#startedAtMs = startedAtMs;
  }

  get isFull(): boolean {
    return this.#length >= FRAME_BYTES_WANTED;
  }

  /** Names count as well: each event may bring a new one. */
  get #length(): number {
    return this.#records.length + this.#records.namesLength;
  }

  /** Writes a record. @returns how many bytes it takes, with names that are new in this frame. */
  add(record: JournalRecord): number {
    const before = this.#length;
    const { number, write } = recordWriterOf(record);
    this.#records.count(number);
    this.#records.sized(() => write(this.#records, record));
    return this.#length - before;
  }

  /** The frame's bytes: version, head, records. Nothing may be added after it was taken. */
  taken(): Buffer {
    const out = new ByteWriter();
    out.count(VERSION);
    writeHead(out, { router: this.#router, startedAtMs: this.#startedAtMs, names: this.#records.names });
    return Buffer.concat([out.taken(), this.#records.taken()]);
  }
}

/**
 * Reads a frame. Records of kinds that this version does not know are left out.
 *
 * @returns undefined for bytes that are no frame of a version that is known here.
 */
export function readFrame(frame: Buffer): Frame | undefined {
  try {
    const from = new ByteReader(frame);
    if (from.count() !== VERSION) return undefined;
    const { router, startedAtMs, names } = head.read(from);
    return { router, startedAtMs, records: readRecords(new ByteReader(from.rest(), names)) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readRecords(from: ByteReader): readonly JournalRecord[] {
  const records: JournalRecord[] = [];
  while (!from.isAtEnd) {
    const known = readerOf(from.count());
    const record = from.sized(() => known && { kind: known.kind, ...(known.fields.read(from) as object) });
    if (record !== undefined) records.push(record as JournalRecord);
  }
  return records;
}
