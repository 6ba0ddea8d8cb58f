import type { LineSource } from "../../domain/logs/log-line.ts";
import type { OutputTail } from "../functions/output-tail.ts";

/** As much as Lambda shows of a call's log. */
const TAIL_BYTES_MAX = 4_096;

/** The end of a call's log. */
export function logTail({ lines }: OutputTail<LineSource>): Buffer {
  return lastBytes(Buffer.from(lines.map(({ line }) => `${line}\n`).join("")));
}

/** No character is cut in two. */
function lastBytes(text: Buffer): Buffer {
  let start = Math.max(0, text.length - TAIL_BYTES_MAX);
  while (start < text.length && ((text[start] ?? 0) & 0xc0) === 0x80) start++;
  return text.subarray(start);
}
