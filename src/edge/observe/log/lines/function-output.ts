import type { Journal } from "../../../journal/journal.ts";
import { writeOutput } from "../../../journal/journal-observer.ts";
import type { Logger } from "../logger.ts";

/** Hears of each line that a local function wrote. @param deliveryId of the call that it has in hand, or had last. */
export type FunctionOutput = (
  functionName: string,
  stream: "stdout" | "stderr",
  line: string,
  deliveryId?: string,
) => void;

/** Says in the router's log and in its journal what local functions write. */
export function createFunctionOutput(log: Logger, journal: Journal): FunctionOutput {
  return (functionName, stream, line, deliveryId) => {
    log.info({ function: functionName, deliveryId, stream, line }, "function output");
    writeOutput(journal, { functionName, stream, line, deliveryId });
  };
}
