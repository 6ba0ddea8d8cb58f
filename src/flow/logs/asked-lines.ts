import type { RecordOf } from "../../domain/journal/records.ts";
import type { LinePlace } from "../../domain/logs/line-place.ts";
import type { KeptLine, LinesAsked } from "../../ports/functions/function-logs.ts";

/** How much one page has at most, as CloudWatch Logs counts it. */
export const PAGE_BYTES_MAX = 1024 * 1024;
/** How much is read for one page. */
export const READ_BYTES_MAX = 16 * 1024 * 1024;
/** A frame has the time of its first line. Another router's clock, and the way of a frame, may be so far behind. */
export const FRAMES_APART_MS = 60_000;
const LINE_OVERHEAD_BYTES = 26;

/** How much of a page a line takes. */
export function pageBytesOf({ text }: KeptLine): number {
  return Buffer.byteLength(text) + LINE_OVERHEAD_BYTES;
}

/** Whether somebody asks for a line. */
export function isAsked(line: KeptLine, { functionName, sinceMs, untilMs, fits }: LinesAsked): boolean {
  const { atMs } = line;
  return line.functionName === functionName && atMs >= (sinceMs ?? 0) && atMs <= (untilMs ?? Infinity) && fits(line);
}

/** A line as its record has it. */
export function lineOf(record: RecordOf<"output">, place: LinePlace): KeptLine {
  const { function: functionName, atMs, stream, line: text, deliveryId: requestId, logStream = "" } = record;
  const source = stream === "stdout" || stream === "stderr" ? stream : "platform";
  return { functionName, logStream, atMs, source, text, requestId, place };
}
