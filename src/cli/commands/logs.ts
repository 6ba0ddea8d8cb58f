import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { FunctionLineShown } from "../../admin-api/destinations/function-lines.ts";
import { FUNCTION_LINES_MAX } from "../../admin-api/destinations/function-lines.ts";
import { FUNCTION_OPERATIONS } from "../../admin-api/operations/functions.ts";
import type { AdminOptions } from "../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../options/admin-options.ts";
import { timeOption } from "../options/time-options.ts";
import { inOneLine } from "../output/escape.ts";
import type { Terminal } from "../terminal.ts";

/** How far back lines are looked for, where neither a time nor a call is named. */
const SINCE_INITIAL = "10m";
/** How often it is asked for new lines: each time is a reading at the broker. */
const FOLLOW_MS = 1_000;

interface LogsOptions extends AdminOptions {
  readonly follow?: boolean;
  /** ISO 8601. */
  readonly since?: string;
  readonly request?: string;
  readonly filter?: string;
}

/** `logs`: prints what a function wrote, at whichever router. */
export function addLogs(program: Command, terminal: Terminal): void {
  addAdminOptions(program.command("logs"))
    .description("print what a function that is a process wrote, at whichever router")
    .argument("<function>", "its name")
    .option("--follow", "go on with what it writes, until Ctrl+C")
    .option(
      "--since <time>",
      `from a time on, such as 2026-01-31T12:00:00Z, or an age such as 90s, 15m, 12h, 7d (default: ${SINCE_INITIAL}; with --request all that is kept)`,
      timeOption,
    )
    .option("--request <id>", "only what it wrote during this call")
    .option("--filter <pattern>", "only lines that fit this filter pattern of CloudWatch Logs, such as a word")
    .action((name: string, options: LogsOptions) => printLines(name, options, terminal));
}

async function printLines(name: string, options: LogsOptions, terminal: Terminal): Promise<void> {
  const { request, filter, follow = false, json = false } = options;
  const client = clientOf(options, terminal.env);
  const fromMs = startMsOf(options);
  let after: string | undefined;
  let isAnyShown = false;
  for (;;) {
    const query = { request, filter, fromMs, after, limit: FUNCTION_LINES_MAX };
    const { lines, next, atEnd } = await client.ask(FUNCTION_OPERATIONS.listFunctionLines, { path: { name }, query });
    for (const line of lines) terminal.print(json ? `${JSON.stringify(line)}\n` : textOf(line));
    isAnyShown ||= lines.length > 0;
    after = next ?? after;
    if (!atEnd) continue;
    if (!follow) break;
    await sleep(FOLLOW_MS);
  }
  if (!isAnyShown) terminal.note("no line fits\n");
}

/** Epoch milliseconds; undefined for all that is kept. */
function startMsOf({ since, request }: LogsOptions): number | undefined {
  if (since !== undefined) return Date.parse(since);
  return request === undefined ? Date.parse(timeOption(SINCE_INITIAL)) : undefined;
}

/** Tabs, which Lambda's own lines have, as spaces. */
function textOf({ atMs, source, text }: FunctionLineShown): string {
  return `${new Date(atMs).toISOString()}  ${inOneLine(source)}  ${inOneLine(text.replaceAll("\t", "  "))}\n`;
}
