import type { Command } from "commander";
import type { JsonObject } from "../json/json.ts";
import { CommandError } from "./command-error.ts";
import { localRouterUrl, urlOption } from "./options/options.ts";
import { printJson } from "./output/print-json.ts";
import { batchesOf, parseEntries } from "./options/put-entries.ts";
import type { EntryAnswer } from "./client/put-request.ts";
import { putBatch } from "./client/put-request.ts";
import { readTextSource } from "./options/text-source.ts";
import { inOneLine, printNote, printText } from "./output/output.ts";

interface Options {
  readonly source?: string;
  readonly detailType?: string;
  readonly detail?: string;
  readonly bus?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/** `busbar put-events`: puts events to a running router, as an AWS SDK does. */
export function addPutEvents(program: Command): void {
  program
    .command("put-events")
    .description("put events to a running router: exit code 1 when one was not accepted")
    .argument("[file]", "entries as PutEvents takes them, a JSON array or one a line; - for standard input")
    .option("--source <text>", "put one event: its source")
    .option("--detail-type <text>", "put one event: its detail type")
    .option("--detail <json>", "put one event: its detail, a JSON object")
    .option("--bus <name>", "put one event: its event bus (default: default)")
    .option(
      "--url <url>",
      "where the router listens (default: by BUSBAR_HOST and BUSBAR_HTTP_PORT)",
      urlOption("--url"),
    )
    .option("--json", "print one JSON object, as PutEvents answers")
    .action(async (file: string | undefined, options: Options) => {
      const entries = await entriesOf(file, options);
      const url = options.url ?? localRouterUrl("httpPort");
      await (options.json ? putAndPrintJson(url, entries) : putAndPrint(url, entries));
    });
}

async function entriesOf(file: string | undefined, options: Options): Promise<readonly JsonObject[]> {
  const given = { Source: options.source, DetailType: options.detailType, Detail: options.detail };
  const flags = Object.entries({ ...given, EventBusName: options.bus }).filter(([, value]) => value !== undefined);
  if (file === undefined && flags.length > 0) return [Object.fromEntries(flags) as JsonObject];
  if (file !== undefined && flags.length === 0) {
    return parseEntries(await readTextSource(file), file === "-" ? "standard input" : file);
  }
  throw new CommandError("name a file of entries, or give one event by --source, --detail-type and --detail");
}

/** Ids on standard output as they come, so that what was accepted is known even if a later request fails. */
async function putAndPrint(url: string, entries: readonly JsonObject[]): Promise<void> {
  let at = 0;
  let failed = 0;
  for await (const answer of answersTo(url, entries)) {
    at++;
    if (answer.EventId !== undefined) {
      printText(`${inOneLine(answer.EventId)}\n`);
    } else {
      failed++;
      printNote(`${inOneLine(`entry ${at}: ${answer.ErrorCode ?? ""}: ${answer.ErrorMessage ?? ""}`)}\n`);
    }
  }
  if (failed > 0) throw new CommandError(`${failed} of ${entries.length} entries failed`);
}

async function putAndPrintJson(url: string, entries: readonly JsonObject[]): Promise<void> {
  const answers: EntryAnswer[] = [];
  try {
    for await (const answer of answersTo(url, entries)) answers.push(answer);
  } finally {
    const failed = answers.filter(({ EventId }) => EventId === undefined).length;
    printJson({ FailedEntryCount: failed, Entries: answers });
    if (failed > 0) process.exitCode = 1;
  }
}

/** One request after the other, so that the router takes the events in the order of the file. */
async function* answersTo(url: string, entries: readonly JsonObject[]): AsyncGenerator<EntryAnswer> {
  let answered = 0;
  for (const batch of batchesOf(entries)) {
    try {
      yield* await putBatch(url, batch);
    } catch (error) {
      if (!(error instanceof CommandError) || entries.length === 1) throw error;
      const [first, last] = [answered + 1, entries.length];
      const which = first === last ? `entry ${last} got no answer` : `entries ${first} to ${last} got no answer`;
      throw new CommandError(`${error.message}\n${which}`, { cause: error });
    }
    answered += batch.length;
  }
}
