import type { Readable } from "node:stream";
import { cutText } from "../../../text/cut-text.ts";
import { HIDDEN, MARK, openAuthority } from "../../../text/redact.ts";

const LINE_BYTES_MAX = 8 * 1024;

/**
 * Hands on what a stream says, line by line. A longer line than 8 KiB comes in pieces of at most that length. None ends
 * within a URL before its host is known: whoever takes passwords out of URLs sees one piece at a time.
 */
export function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  /** Whether the last piece ended in a password longer than itself: what follows must still look like one. */
  let isInPassword = false;

  function handOn(line: string): void {
    for (let left = line; left !== "";) left = handOnPiece(left);
  }

  /** Hands on the first piece of a line, and returns what is left of it. */
  function handOnPiece(line: string): string {
    const before = isInPassword ? MARK : "";
    const piece = cutText(before + line.slice(0, LINE_BYTES_MAX), LINE_BYTES_MAX);
    const isLast = piece.length === before.length + line.length;
    const open = isLast ? -1 : openAuthority(piece);
    isInPassword = open === 0;
    const shown = open === -1 ? piece : piece.slice(0, open);
    onLine(isInPassword ? MARK + HIDDEN : shown);
    return line.slice((isInPassword ? piece : shown).length - before.length);
  }

  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const text = line.replace(/\r$/, "");
      if (text === "") onLine("");
      else handOn(text);
    }
    while (rest.length > LINE_BYTES_MAX) rest = handOnPiece(rest);
  });
  stream.on("close", () => handOn(rest));
  // The pipe of a process that was killed may break; its end is told by the process.
  stream.on("error", () => undefined);
}
