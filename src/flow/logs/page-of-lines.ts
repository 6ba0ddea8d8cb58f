import { readFrame } from "../../domain/journal/frame.ts";
import type { LinePlace } from "../../domain/logs/line-place.ts";
import type { JournalFrame } from "../../ports/journal.ts";
import type { KeptLine, LinesPage, LinesQuery, TakeFrames } from "../../ports/functions/function-logs.ts";
import { FRAMES_APART_MS, isAsked, lineOf, PAGE_BYTES_MAX, pageBytesOf, READ_BYTES_MAX } from "./asked-lines.ts";

/** Fills a page of lines from frames. */
export class PageOfLines {
  readonly #query: LinesQuery;
  readonly #lines: KeptLine[] = [];
  #pageBytes = 0;
  #readBytes = 0;
  #next: LinePlace | undefined;
  #isFull = false;

  constructor(query: LinesQuery) {
    this.#query = query;
    this.#next = query.from;
  }

  readonly take: TakeFrames = (frames) => {
    for (const frame of frames) {
      if (this.#takeFrame(frame) === "past") return "enough";
      if (this.#isFull) return "enough";
    }
    return "more";
  };

  /** Ends the page before its end, as when it took too long. */
  cut(): void {
    this.#isFull = true;
  }

  get page(): LinesPage {
    const lines = this.#lines.toSorted((one, other) => one.atMs - other.atMs);
    return { lines, next: this.#next, isAtEnd: !this.#isFull };
  }

  #takeFrame({ position, bytes }: JournalFrame): "taken" | "past" {
    const { from, untilMs = Infinity } = this.#query;
    if (from !== undefined && position < from.position) return "taken";
    // What a later version wrote is passed over.
    const frame = readFrame(bytes);
    if (frame !== undefined && frame.startedAtMs > untilMs + FRAMES_APART_MS) return "past";
    for (const [index, record] of (frame?.records ?? []).entries()) {
      if (this.#isFull) return "taken";
      const isBehind = from === undefined || position > from.position || index >= from.index;
      if (record.kind === "output" && isBehind) this.#takeLine(lineOf(record, { position, index }));
    }
    if (this.#isFull) return "taken";
    this.#next = { position: position + 1, index: 0 };
    this.#readBytes += bytes.length;
    this.#isFull = this.#readBytes >= READ_BYTES_MAX;
    return "taken";
  }

  #takeLine(line: KeptLine): void {
    if (!isAsked(line, this.#query)) return;
    const bytes = pageBytesOf(line);
    if (this.#lines.length >= this.#query.limit || this.#pageBytes + bytes > PAGE_BYTES_MAX) {
      this.#next = line.place;
      this.#isFull = true;
      return;
    }
    this.#lines.push(line);
    this.#pageBytes += bytes;
  }
}
