import type { FunctionConfig } from "../../domain/target/function.ts";
import { LATEST } from "../../domain/target/function-alias.ts";
import type { OutputTail } from "../functions/output-tail.ts";

/** As much as Lambda shows of a call's log. */
const TAIL_BYTES_MAX = 4_096;

/**
 * The end of a call's log, with the lines that Lambda writes around what a function wrote. How much memory it used is not
 * known here, and is left out.
 */
export function logTail(
  { memorySize, version = LATEST }: Pick<FunctionConfig, "memorySize" | "version">,
  requestId: string,
  written: OutputTail | undefined,
  durationMs: number,
): Buffer {
  const duration = `Duration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${Math.ceil(durationMs)} ms`;
  const lines = [
    `START RequestId: ${requestId} Version: ${version}`,
    ...(written?.lines ?? []).map(({ line }) => line),
    `END RequestId: ${requestId}`,
    `REPORT RequestId: ${requestId}\t${duration}\tMemory Size: ${memorySize} MB\t`,
  ];
  return lastBytes(Buffer.from(`${lines.join("\n")}\n`));
}

/** No character is cut in two. */
function lastBytes(text: Buffer): Buffer {
  let start = Math.max(0, text.length - TAIL_BYTES_MAX);
  while (start < text.length && ((text[start] ?? 0) & 0xc0) === 0x80) start++;
  return text.subarray(start);
}
