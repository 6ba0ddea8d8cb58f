import type { Readable } from "node:stream";

const LINE_LENGTH_MAX = 8_192;

/** Hands on what a stream says, line by line. A line of more than 8,192 characters comes in pieces of that length. */
export function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) for (const piece of pieces(line.replace(/\r$/, ""))) onLine(piece);
    for (; rest.length > LINE_LENGTH_MAX; rest = rest.slice(LINE_LENGTH_MAX)) onLine(rest.slice(0, LINE_LENGTH_MAX));
  });
  stream.on("close", () => rest !== "" && onLine(rest));
  // The pipe of a process that was killed may break; its end is told by the process.
  stream.on("error", () => undefined);
}

function pieces(line: string): readonly string[] {
  const count = Math.max(1, Math.ceil(line.length / LINE_LENGTH_MAX));
  return Array.from({ length: count }, (_, n) => line.slice(n * LINE_LENGTH_MAX, (n + 1) * LINE_LENGTH_MAX));
}
