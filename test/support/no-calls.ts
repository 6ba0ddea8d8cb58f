import type { FunctionCalls } from "../../src/ports/functions/function-calls.ts";

/** Functions that are never called. */
export const NO_CALLS: FunctionCalls = {
  canWaitFor: () => true,
  call: () => Promise.resolve({ kind: "refused", reason: "no_slot" }),
  queue: () => Promise.resolve(),
};
