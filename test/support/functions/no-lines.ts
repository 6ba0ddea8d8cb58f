import type { FunctionLines } from "../../../src/ports/functions/function-logs.ts";

/** Where no lines of functions are kept. */
export const NO_LINES: FunctionLines = {
  isOn: false,
  read: () => Promise.resolve({ lines: [], next: undefined, isAtEnd: true }),
  readLast: () => Promise.resolve({ lines: [], before: undefined, nearMs: 0, next: undefined, isAtBeginning: true }),
};
