import { FrameBuilder } from "../../../src/domain/journal/frame.ts";
import type { JournalFrame } from "../../../src/ports/journal.ts";

/** A kept frame of lines `[function, time in epoch milliseconds, text]`. */
export function frameOfLines(position: number, ...lines: readonly (readonly [string, number, string])[]): JournalFrame {
  const builder = new FrameBuilder("router-1", lines[0]?.[1] ?? 0);
  for (const [fn, atMs, line] of lines) {
    builder.add({ kind: "output", atMs, function: fn, stream: "stdout", line, deliveryId: "r", logStream: "s" });
  }
  return { position, bytes: builder.taken() };
}
