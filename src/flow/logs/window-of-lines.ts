import { readFrame } from "../../domain/journal/frame.ts";
import type { LinePlace } from "../../domain/logs/line-place.ts";
import type { JournalFrame } from "../../ports/journal.ts";
import type { KeptLine, LastLinesQuery, TakeFrames } from "../../ports/functions/function-logs.ts";
import { FRAMES_APART_MS, isAsked, lineOf, PAGE_BYTES_MAX, pageBytesOf } from "./asked-lines.ts";

/** How much a window may have. */
export interface WindowBounds {
  readonly linesMax: number;
  readonly pageBytesMax: number;
  /** Of frames. A window with more is cut, and of no use. */
  readonly readBytesMax: number;
}

/** Takes the frames up to a place, and keeps the last of their lines. */
export class WindowOfLines {
  readonly #query: LastLinesQuery;
  readonly #bounds: WindowBounds;
  #lines: KeptLine[] = [];
  #heldBytes = 0;
  #readBytes = 0;
  #first: LinePlace | undefined;
  #next: LinePlace | undefined;
  #isCut = false;
  #isFull = false;

  constructor(query: LastLinesQuery, bounds: WindowBounds) {
    this.#query = query;
    this.#bounds = bounds;
  }

  readonly take: TakeFrames = (frames) => {
    for (const frame of frames) {
      if (this.#isCut || this.#takeFrame(frame) === "past") return "enough";
    }
    return "more";
  };

  /** Ends the window before its end, as when it took too long. */
  cut(): void {
    this.#isCut = true;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** The first place that was read. */
  get first(): LinePlace | undefined {
    return this.#first;
  }

  /** The place behind what was read. */
  get next(): LinePlace | undefined {
    return this.#next;
  }

  get readBytes(): number {
    return this.#readBytes;
  }

  /** Whether there were more lines than it may keep. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** The last lines that it may keep, by their places. */
  get lines(): readonly KeptLine[] {
    this.#trim();
    return this.#lines;
  }

  #takeFrame({ position, bytes }: JournalFrame): "taken" | "past" {
    const { before, untilMs = Infinity } = this.#query;
    const isBefore = (index: number): boolean =>
      before === undefined || position < before.position || (position === before.position && index < before.index);
    if (!isBefore(0)) return "past";
    // What a later version wrote is passed over.
    const frame = readFrame(bytes);
    if (frame !== undefined && frame.startedAtMs > untilMs + FRAMES_APART_MS) return "past";
    this.#first ??= { position, index: 0 };
    this.#next = { position: position + 1, index: 0 };
    this.#readBytes += bytes.length;
    this.#isCut ||= this.#readBytes > this.#bounds.readBytesMax;
    for (const [index, record] of (frame?.records ?? []).entries()) {
      if (record.kind === "output" && isBefore(index)) this.#takeLine(lineOf(record, { position, index }));
    }
    return "taken";
  }

  #takeLine(line: KeptLine): void {
    if (!isAsked(line, this.#query)) return;
    this.#lines.push(line);
    this.#heldBytes += pageBytesOf(line);
    // Twice as much is held, so that lines are not moved for each new one.
    if (this.#lines.length > 2 * this.#bounds.linesMax || this.#heldBytes > 2 * PAGE_BYTES_MAX) this.#trim();
  }

  #trim(): void {
    const { linesMax, pageBytesMax } = this.#bounds;
    let bytes = 0;
    const tooMuch = this.#lines.findLastIndex((line, index) => {
      const withLine = bytes + pageBytesOf(line);
      if (this.#lines.length - index > linesMax || withLine > pageBytesMax) return true;
      bytes = withLine;
      return false;
    });
    if (tooMuch >= 0) this.#isFull = true;
    this.#lines = this.#lines.slice(tooMuch + 1);
    this.#heldBytes = bytes;
  }
}
