import type { Readable } from "node:stream";
import { cutText } from "../../../text/cut-text.ts";
import { HIDDEN, MARK, openAuthority } from "../../../text/redact.ts";

const LINE_BYTES_MAX = 8 * 1024;

/**
 * Calls `onLine` with each line of a stream. A line of more than 8 KiB comes in pieces of at most 8 KiB. No piece ends
 * inside a URL before its host: passwords are redacted piece by piece.
 *
 * @returns what is to be called where a line ends whether its end has come or not: with it, what has come is handed on.
 */
export function forEachLine(stream: Readable, onLine: (line: string) => void): () => void {
  let rest = "";
  /** Whether the last piece ended inside a password: the next piece begins inside it. */
  let isInPassword = false;

  function handOn(line: string): void {
    for (let left = line; left !== "";) left = handOnPiece(left);
  }

  /** Hands on the first piece of a line, and returns the rest. */
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
  const endLine = (): void => {
    const line = rest;
    rest = "";
    handOn(line);
  };
  stream.on("close", endLine);
  // The pipe of a process that was killed may break; the process itself reports its end.
  stream.on("error", () => undefined);
  return endLine;
}
