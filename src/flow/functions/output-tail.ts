import { cutText } from "../../text/cut-text.ts";

const LINES_MAX = 200;
const BYTES_MAX = 64 * 1_024;
const LINE_BYTES_MAX = 4 * 1_024;

/** A line, and where it was written to. */
export interface OutputTailLine<Stream extends string> {
  readonly stream: Stream;
  readonly line: string;
}

/** The last lines that a function wrote, as many as fit. */
export class OutputTail<Stream extends string> {
  readonly lines: OutputTailLine<Stream>[] = [];
  #bytes = 0;
  #leftOut = 0;

  /** How many lines before them there were. */
  get leftOut(): number {
    return this.#leftOut;
  }

  add(stream: Stream, text: string): void {
    const line = cutText(text, LINE_BYTES_MAX);
    this.lines.push({ stream, line });
    this.#bytes += Buffer.byteLength(line);
    while (this.lines.length > LINES_MAX || this.#bytes > BYTES_MAX) this.#dropFirst();
  }

  #dropFirst(): void {
    this.#bytes -= Buffer.byteLength(this.lines.shift()?.line ?? "");
    this.#leftOut += 1;
  }
}
