import type { FunctionLine } from "../../../src/domain/logs/log-line.ts";

/** A line of a function, with what a test does not care about. */
export function logLine(changes: Partial<FunctionLine> = {}): FunctionLine {
  return {
    functionName: "f",
    logStream: "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef",
    atMs: Date.parse("2026-01-02T03:04:05.678Z"),
    source: "stdout",
    text: "a line",
    requestId: "r-1",
    callBytes: 0,
    ...changes,
  };
}
