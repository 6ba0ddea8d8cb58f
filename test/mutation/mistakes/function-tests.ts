import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** A person's test of a function: through its queue, once, and nothing left behind. */
export const FUNCTION_TESTS: readonly Mutation[] = [
  ...inFile("src/flow/function-tests/function-tests.ts", [
    ['if (this.#waiting.size >= TESTS_AT_ONCE_MAX) return "full";\n', "", "a router waits for sixteen tests at once"],
    ["      this.#waiting.delete(id);\n", "", "a test that is over frees its place"],
    ["    if (address === undefined) throw", "    if (false) throw", "a test is refused while the broker is away"],
    ["untilMs: firstAtMs + waitMs", "untilMs: Infinity", "nobody calls for a test that nobody waits for"],
    ["waitMs + RELAY_MS, { signal }", "waitMs, { signal }", "a router's first word may be on its way"],
    [
      "=== undefined) return NOT_TAKEN;",
      "=== undefined) return UNANSWERED;",
      "a test that nobody took is not said to have called",
    ],
    ["2_000 * timeoutSeconds + CALL_MS", "1_000", "a test waits as long as its function may take"],
    ["    waiting.began.resolve(undefined);\n", "", "a result whose first word was lost counts"],
    ['    if (message?.type === "ended") waiting.ended.resolve(message.result);\n', "", "a result reaches who waits"],
    ['test?.from ?? ""', '""', "a result goes to the router that waits"],
  ]),
  ...inFile("src/flow/functions/call-outputs.ts", [
    [
      "await waitFor(awaited.reported.promise, REPORT_MS);",
      "undefined;",
      "a line that is read after the answer is shown",
    ],
  ]),
  ...inFile("src/flow/functions/output-tail.ts", [
    ["const line = cutText(text, LINE_BYTES_MAX);", "const line = text;", "a long line is cut"],
    ["this.lines.length > LINES_MAX || ", "", "200 lines are kept"],
    [" || this.#bytes > BYTES_MAX", "", "64 KiB of lines are kept"],
    ["    this.#leftOut += 1;\n", "", "it says how many lines are left out"],
    ["this.lines.shift()", "this.lines.pop()", "the last lines are kept"],
  ]),
  ...inFile("src/flow/function-tests/test-result.ts", [
    ["cutText(responseJson, RESPONSE_BYTES_MAX)", "responseJson", "an answer of 6 MiB is cut"],
    ["cutText(outcome.message, MESSAGE_BYTES_MAX)", "outcome.message", "a long error is cut"],
    [
      'if (outcome === "unknown") return { ...UNANSWERED, ...output };',
      'if (outcome === "unknown") return { ...NOT_TAKEN, ...output };',
      "a test that came again may have called",
    ],
    ["invoked,\n    startedAtMs,", "invoked: true,\n    startedAtMs,", "it says whether the function was called"],
  ]),
  ...inFile("src/flow/function-tests/test-message.ts", []),
];
