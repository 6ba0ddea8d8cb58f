import type { Command } from "commander";
import type { JsonObject } from "../../../json/json.ts";
import { CommandError } from "../../command-error.ts";
import { localRouterUrl, urlOption } from "../../options/options.ts";
import { batchesOf, parseEntries } from "../../options/put-entries.ts";
import type { EntryAnswer } from "../../client/put-request.ts";
import { putBatch } from "../../client/put-request.ts";
import { tokenIn } from "../../client/router-call.ts";
import { readTextSource } from "../../options/text-source.ts";
import { inOneLine } from "../../output/escape.ts";
import type { Terminal } from "../../terminal.ts";

interface Options {
  readonly source?: string;
  readonly detailType?: string;
  readonly detail?: string;
  readonly bus?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/** `put-events`: puts events to a running router, as an AWS SDK does. */
export function addPutEvents(program: Command, terminal: Terminal): void {
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
      const entries = await entriesOf(file, options, terminal.stdin);
      const url = options.url ?? localRouterUrl("httpPort", terminal.env);
      const answers = answersTo(url, entries, tokenIn(terminal.env));
      if (options.json) await printAsJson(answers, terminal);
      else await printAnswers(answers, entries.length, terminal);
    });
}

async function entriesOf(
  file: string | undefined,
  options: Options,
  stdin: Terminal["stdin"],
): Promise<readonly JsonObject[]> {
  const given = { Source: options.source, DetailType: options.detailType, Detail: options.detail };
  const flags = Object.entries({ ...given, EventBusName: options.bus }).filter(([, value]) => value !== undefined);
  if (file === undefined && flags.length > 0) return [Object.fromEntries(flags) as JsonObject];
  if (file !== undefined && flags.length === 0) {
    return parseEntries(await readTextSource(file, stdin), file === "-" ? "standard input" : file);
  }
  throw new CommandError("name a file of entries, or give one event by --source, --detail-type and --detail");
}

type Answers = AsyncIterable<EntryAnswer>;

/** Prints each id at once: when a later request fails, it is known what was accepted. */
async function printAnswers(answers: Answers, entries: number, terminal: Terminal): Promise<void> {
  let at = 0;
  let failed = 0;
  for await (const answer of answers) {
    at++;
    if (answer.EventId !== undefined) {
      terminal.print(`${inOneLine(answer.EventId)}\n`);
    } else {
      failed++;
      terminal.note(`${inOneLine(`entry ${at}: ${answer.ErrorCode ?? ""}: ${answer.ErrorMessage ?? ""}`)}\n`);
    }
  }
  if (failed > 0) throw new CommandError(`${failed} of ${entries} entries failed`);
}

async function printAsJson(answers: Answers, terminal: Terminal): Promise<void> {
  const all: EntryAnswer[] = [];
  try {
    for await (const answer of answers) all.push(answer);
  } finally {
    const failed = all.filter(({ EventId }) => EventId === undefined).length;
    terminal.printJson({ FailedEntryCount: failed, Entries: all });
    if (failed > 0) terminal.exitCode = 1;
  }
}

/** Sends one request after the other, so that the router takes the events in the order of the file. */
async function* answersTo(
  url: string,
  entries: readonly JsonObject[],
  token: string | undefined,
): AsyncGenerator<EntryAnswer> {
  let answered = 0;
  for (const batch of batchesOf(entries)) {
    try {
      yield* await putBatch(url, batch, token);
    } catch (error) {
      if (!(error instanceof CommandError) || entries.length === 1) throw error;
      const [first, last] = [answered + 1, entries.length];
      const which = first === last ? `entry ${last} got no answer` : `entries ${first} to ${last} got no answer`;
      throw new CommandError(`${error.message}\n${which}`, { cause: error });
    }
    answered += batch.length;
  }
}
