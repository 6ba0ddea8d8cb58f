import type { Command } from "commander";
import type { FunctionTestAnswer } from "../../admin-api/destinations/function-tests.ts";
import { FUNCTION_OPERATIONS } from "../../admin-api/operations/functions.ts";
import { TEST_WAIT_SECONDS_MAX } from "../../admin-api/destinations/function-tests.ts";
import type { AdminOptions } from "../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../options/admin-options.ts";
import { countOption } from "../options/options.ts";
import { readTextSource, TEXT_SOURCE_HELP } from "../options/text-source.ts";
import { inOneLine } from "../output/escape.ts";
import { counted } from "../output/format.ts";
import type { Terminal } from "../terminal.ts";

interface TestOptions extends AdminOptions {
  readonly event: string;
  readonly waitSeconds?: number;
}

/** `test-function`: calls a function once, through its queue, and prints what came of it. */
export function addTestFunction(program: Command, terminal: Terminal): void {
  addAdminOptions(program.command("test-function"))
    .description("call a function once with a payload of yours, and print its answer and its log")
    .argument("<name>", "the function")
    .requiredOption("--event <source>", `the function's payload, any JSON: ${TEXT_SOURCE_HELP}`)
    .option(
      "--wait-seconds <n>",
      `how long a router may take until it begins, 1..${TEST_WAIT_SECONDS_MAX} (default: 10)`,
      countOption(TEST_WAIT_SECONDS_MAX),
    )
    .action(async (name: string, options: TestOptions) => {
      const payload = await readTextSource(options.event, terminal.stdin);
      const asked = { path: { name }, query: { waitSeconds: options.waitSeconds }, body: payload };
      const client = clientOf(options, terminal.env);
      let result: FunctionTestAnswer | undefined;
      await client.follow(FUNCTION_OPERATIONS.testFunction, asked, (line) => {
        if (line.state === "ended") result = line;
        else if (line.state === "waiting" && options.json !== true) terminal.note(`test ${line.deliveryId}\n`);
      });
      if (result === undefined) throw client.brokenOff();
      if (options.json === true) terminal.printJson(result);
      else printResult(result, terminal);
      if (result.outcome !== "success") terminal.exitCode = 1;
    });
}

/** The answer goes to standard output, so that it can be passed on; everything else is a note. */
function printResult(result: FunctionTestAnswer, terminal: Terminal): void {
  const { output, outputLeftOut, response, responseBytes = 0 } = result;
  if (outputLeftOut > 0) terminal.note(`… ${counted(outputLeftOut, "line")} before\n`);
  for (const { stream, line } of output) terminal.note(`${stream}: ${inOneLine(line)}\n`);
  terminal.note(`${summaryOf(result)}\n`);
  if (response === undefined) return;
  const isWhole = Buffer.byteLength(response) === responseBytes;
  terminal.print(`${response}\n`);
  if (!isWhole) terminal.note(`… the beginning of ${responseBytes} bytes\n`);
}

function summaryOf({ outcome, message, statusCode, callMs }: FunctionTestAnswer): string {
  const status = statusCode === undefined ? "" : ` ${statusCode}`;
  const took = callMs === undefined ? "" : ` in ${callMs.toFixed(0)} ms`;
  return `${inOneLine(outcome)}${status}${took}${message === undefined ? "" : `: ${inOneLine(message)}`}`;
}
