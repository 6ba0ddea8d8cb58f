import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readFrame } from "../../../domain/journal/frame.ts";
import type { JournalFrame } from "../../../ports/journal.ts";
import { RecordWriter } from "./record-writer.ts";
import { carryConfigurations } from "./configuration-writer.ts";
import { deleteSegmentFile, DamagedSegmentError, Segment } from "./segment.ts";
import type { SegmentAbout } from "./segment.ts";

const SEGMENT_FILE = /^segment-(\d+)\.sqlite$/;

/** How much the index keeps. */
export interface IndexBounds {
  /** Of all segments together; beyond it the oldest is deleted. The newest is always kept. */
  readonly bytesMax: number;
  /** A new segment begins where the newest mentions so many events, or has so many bytes. */
  readonly segmentEventsMax: number;
  readonly segmentBytesMax: number;
}

export const INDEX_BOUNDS: IndexBounds = {
  bytesMax: 4 * 1024 ** 3,
  segmentEventsMax: 1_000_000,
  segmentBytesMax: 512 * 1024 ** 2,
};

/** The index's files in their folder: each holds the frames of the journal behind those of the one before. */
export class Segments {
  readonly #folder: string;
  readonly #bounds: IndexBounds;
  /** The oldest first; there is always one. */
  #segments: Segment[];
  #writer: RecordWriter;
  #about: SegmentAbout;

  private constructor(folder: string, bounds: IndexBounds, segments: Segment[]) {
    this.#folder = folder;
    this.#bounds = bounds;
    this.#segments = segments;
    this.#newest.startWriting();
    this.#writer = new RecordWriter(this.#newest);
    this.#about = this.#newest.about;
  }

  /**
   * Opens the segments of a folder, which is made where it is missing. One that is damaged or of another version is
   * deleted, with all that follow it: they are indexed again, from the last position before it.
   */
  static open(folder: string, bounds: IndexBounds): Segments {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const numbers = readdirSync(folder)
      .flatMap((file) => SEGMENT_FILE.exec(file)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    const segments: Segment[] = [];
    for (const [index, number] of numbers.entries()) {
      try {
        segments.push(Segment.open(number, pathOf(folder, number)));
      } catch (error) {
        if (!(error instanceof DamagedSegmentError)) throw error;
        for (const later of numbers.slice(index)) deleteSegmentFile(pathOf(folder, later));
        break;
      }
    }
    if (segments.length === 0) segments.push(Segment.create(1, pathOf(folder, 1)));
    return new Segments(folder, bounds, segments);
  }

  get newestFirst(): readonly Segment[] {
    return this.#segments.toReversed();
  }

  get about(): SegmentAbout {
    return this.#about;
  }

  /** Adds frames in the order of their positions; those that it has are left out. All is durable when it returns. */
  add(frames: readonly JournalFrame[]): void {
    this.#newest.begin();
    try {
      for (const { position, bytes } of frames) {
        if (position <= (this.#about.position ?? -Infinity)) continue;
        if (this.#isFull()) this.#startNext();
        const frame = readFrame(bytes);
        if (frame !== undefined) this.#writer.write(frame);
        const unreadable = this.#about.unreadable + (frame === undefined ? 1 : 0);
        this.#about = { ...this.#about, position, unreadable };
      }
      this.#commit();
    } catch (error) {
      this.#newest.rollback();
      this.#writer = new RecordWriter(this.#newest);
      this.#about = this.#newest.about;
      throw error;
    }
    this.#dropOldest();
  }

  /** Remembers that frames of the journal were deleted before they were read. */
  lost(atMs: number): void {
    this.#about = { ...this.#about, lostAtMs: atMs };
    this.#newest.saveAbout(this.#about);
  }

  /** Deletes a segment that proved damaged and all that follow it. Nothing may be called but `close`. */
  deleteFrom(path: string): void {
    const index = this.#segments.findIndex((segment) => segment.path === path);
    for (const segment of index < 0 ? [] : this.#segments.splice(index)) {
      segment.close();
      deleteSegmentFile(segment.path);
    }
  }

  close(): void {
    for (const segment of this.#segments) segment.close();
  }

  get #newest(): Segment {
    const newest = this.#segments.at(-1);
    if (newest === undefined) throw new Error("the index has no segment");
    return newest;
  }

  #isFull(): boolean {
    const { segmentEventsMax, segmentBytesMax } = this.#bounds;
    return this.#newest.events >= segmentEventsMax || this.#newest.bytes >= segmentBytesMax;
  }

  #commit(): void {
    this.#writer.finish();
    this.#about = { ...this.#about, attempts: this.#writer.attempts };
    this.#newest.saveAbout(this.#about);
    this.#newest.commit();
  }

  /** Ends the newest segment and begins another, within `add`. */
  #startNext(): void {
    this.#commit();
    const last = this.#newest;
    last.endWriting();
    const number = last.number + 1;
    const next = Segment.create(number, pathOf(this.#folder, number));
    this.#segments.push(next);
    next.startWriting();
    next.begin();
    this.#about = { ...this.#about, attempts: 0 };
    next.saveAbout(this.#about);
    carrySampling(last, next);
    carryConfigurations(last, next);
    this.#writer = new RecordWriter(next);
  }

  #dropOldest(): void {
    let bytes = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    while (bytes > this.#bounds.bytesMax && this.#segments.length > 1) {
      const [oldest] = this.#segments.splice(0, 1);
      if (oldest === undefined) return;
      bytes -= oldest.bytes;
      oldest.close();
      deleteSegmentFile(oldest.path);
    }
  }
}

/** What each router samples holds until it says otherwise, longer than the segment in which it said so. */
function carrySampling(from: Segment, to: Segment): void {
  const kind = from.names.find("sampling");
  if (kind === undefined) return;
  for (const { router, at, facts } of from.all(
    `SELECT router, max(at) AS at, facts FROM happenings WHERE kind = ? GROUP BY router`,
    kind,
  )) {
    to.statement(`INSERT INTO happenings (kind, at, router, facts) VALUES (?, ?, ?, ?)`).run(
      to.names.number("sampling"),
      at ?? null,
      to.names.number(from.names.text(Number(router))),
      facts ?? null,
    );
  }
}

function pathOf(folder: string, number: number): string {
  return join(folder, `segment-${number}.sqlite`);
}
