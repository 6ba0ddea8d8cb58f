import type { Command } from "commander";
import type { Happening } from "../../../admin-api/history/happenings.ts";
import { HISTORY_OPERATIONS } from "../../../admin-api/operations/history.ts";
import { HISTORY_LIST_MAX } from "../../../admin-api/history/parameters.ts";
import { missingRowsNote, newestRows } from "../../client/newest-rows.ts";
import type { ConsoleClientOptions } from "../../options/console-options.ts";
import { addConsoleOptions, consoleClientOf } from "../../options/console-options.ts";
import { countOption } from "../../options/options.ts";
import { formatTable, utcText } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";
import { resultText } from "./result-text.ts";

interface CallsOptions extends ConsoleClientOptions {
  readonly record?: string;
  readonly limit: number;
}

const HEAD = ["AT", "MAPPING", "FROM", "TOOK", "RESULT", "REQUEST", "FAILURE"];

/** `mappings calls`: which batches functions were called with, and what came of them, as the journal has it. */
export function addMappingCalls(mappings: Command, terminal: Terminal): void {
  addConsoleOptions(mappings.command("calls"))
    .description("calls that mappings made, the newest first, as the journal has them")
    .argument("[name]", "only those of this mapping")
    .option("--record <id>", "only those with this message, or with the record of this sequence number")
    .option("--limit <n>", `how many at most, 1..${HISTORY_LIST_MAX}`, countOption(HISTORY_LIST_MAX), 20)
    .action(async (subject: string | undefined, options: CallsOptions) => {
      const client = consoleClientOf(options, terminal.env);
      const found = await newestRows(options.limit, (page) =>
        client.ask(HISTORY_OPERATIONS.listBatches, { query: { subject, record: options.record, ...page } }),
      );
      if (options.json) return terminal.printJson(found.rows);
      terminal.print(formatTable(HEAD, found.rows.map(rowOf)));
      const note = missingRowsNote("call", found, options.limit);
      if (note !== undefined) terminal.note(note);
    });
}

function rowOf(call: Happening<"batch">): readonly string[] {
  const { atMs, startedAtMs, mapping, source, requestId, failure } = call;
  const tookMs = `${Math.round(atMs - startedAtMs)} ms`;
  return [utcText(atMs), mapping, source, tookMs, resultText(call), requestId, failure?.message ?? "-"];
}
