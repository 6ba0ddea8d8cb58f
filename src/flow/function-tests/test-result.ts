import { outcomeName } from "../../domain/failure/outcome.ts";
import type { TestFacts } from "../../domain/facts.ts";
import type { TestResult } from "../../ports/admin/function-tests.ts";
import { cutText } from "../../text/cut-text.ts";
import type { LineSource } from "../../domain/logs/log-line.ts";
import type { OutputTail } from "../functions/output-tail.ts";

/** How much of an answer is sent to the router that waits. The longest has 6 MiB. */
const RESPONSE_BYTES_MAX = 256 * 1_024;
const MESSAGE_BYTES_MAX = 4 * 1_024;

const NO_OUTPUT = { output: [], outputLeftOut: 0 } as const;

export const NOT_TAKEN: TestResult = {
  outcome: "not_taken",
  message: "no router began the call in time: its calls at once are all in use, its circuit is open, or nothing polls",
  invoked: false,
  ...NO_OUTPUT,
};

export const UNANSWERED: TestResult = {
  outcome: "unknown",
  message: "the router that had it in hand gave no result: the function may have been called",
  invoked: true,
  ...NO_OUTPUT,
};

/** What a test came to, as the router that waits is told. */
export function testResultOf(
  { outcome, invoked, startedAtMs, endedAtMs }: TestFacts,
  written?: OutputTail<LineSource>,
): TestResult {
  const output = written === undefined ? NO_OUTPUT : outputOf(written);
  if (outcome === "unknown") return { ...UNANSWERED, ...output };
  const { responseJson, statusCode } = outcome;
  return {
    outcome: outcomeName(outcome),
    ...(outcome.ok ? {} : { message: cutText(outcome.message, MESSAGE_BYTES_MAX) }),
    ...(statusCode === undefined ? {} : { statusCode }),
    invoked,
    startedAtMs,
    callMs: endedAtMs - startedAtMs,
    ...(responseJson === undefined
      ? {}
      : { response: cutText(responseJson, RESPONSE_BYTES_MAX), responseBytes: Buffer.byteLength(responseJson) }),
    ...output,
  };
}

function outputOf({ lines, leftOut }: OutputTail<LineSource>): Pick<TestResult, "output" | "outputLeftOut"> {
  const output = lines.flatMap(({ stream, line }) => (stream === "platform" ? [] : [{ stream, line }]));
  return { output, outputLeftOut: leftOut };
}
