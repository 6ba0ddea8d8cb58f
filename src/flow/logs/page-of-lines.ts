import type { RecordOf } from "../../domain/journal/records.ts";
import { readFrame } from "../../domain/journal/frame.ts";
import type { JournalFrame } from "../../ports/journal.ts";
import type { KeptLine, LinePlace, LinesPage, LinesQuery, TakeFrames } from "../../ports/function-logs.ts";

/** How much one page has at most, as CloudWatch Logs counts it. */
const PAGE_BYTES_MAX = 1024 * 1024;
const LINE_OVERHEAD_BYTES = 26;
/** How much is read for one page. */
const READ_BYTES_MAX = 16 * 1024 * 1024;
/** A frame has the time of its first line. Another router's clock, and the way of a frame, may be so far behind. */
const FRAMES_APART_MS = 60_000;

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
    const { functionName, sinceMs = -Infinity, untilMs = Infinity, fits, limit } = this.#query;
    if (line.functionName !== functionName || line.atMs < sinceMs || line.atMs > untilMs || !fits(line)) return;
    const bytes = Buffer.byteLength(line.text) + LINE_OVERHEAD_BYTES;
    if (this.#lines.length >= limit || this.#pageBytes + bytes > PAGE_BYTES_MAX) {
      this.#next = line.place;
      this.#isFull = true;
      return;
    }
    this.#lines.push(line);
    this.#pageBytes += bytes;
  }
}

function lineOf(record: RecordOf<"output">, place: LinePlace): KeptLine {
  const { function: functionName, atMs, stream, line: text, deliveryId: requestId, logStream = "" } = record;
  const source = stream === "stdout" || stream === "stderr" ? stream : "platform";
  return { functionName, logStream, atMs, source, text, requestId, place };
}
