import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { Option } from "commander";
import type { DeadLetterCountAnswer, DeadLetterQuery, ListedDeadLetter } from "../admin-api/dead-letters.ts";
import { DEAD_LETTER_LIST_INITIAL, DEAD_LETTER_LIST_MAX } from "../admin-api/dead-letters.ts";
import { REDRIVE_TO } from "../domain/failure/redrive-to.ts";
import { UNREDRIVABLE_REASONS } from "../ports/dead-letters.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../domain/queue/queues.ts";
import type { AdminClient } from "./client/admin-client.ts";
import { addAdminOptions, clientOf } from "./options/admin-options.ts";
import { CommandError } from "./command-error.ts";
import type { FilterOptions, QueueOptions } from "./options/dead-letter-options.ts";
import { addFilterOptions, filterQuery, rateOption } from "./options/dead-letter-options.ts";
import { countOption } from "./options/options.ts";
import { createProgress } from "./output/progress.ts";
import { outOfTime, runRedrive } from "./client/redrive-run.ts";
import { inOneLine } from "./output/escape.ts";
import { counted, formatMessage, formatTable } from "./output/format.ts";
import type { Terminal } from "./terminal.ts";

const MESSAGE_CHARACTERS = 60;

/** The commands of one kind of message. */
interface Group {
  readonly command: Command;
  /** What one message is called. */
  readonly noun: string;
  readonly queueOption: Option;
  readonly terminal: Terminal;
}

/** `dead-letters`: lists, shows, redrives and purges what failed for good, over a router's admin port. */
export function addDeadLetters(program: Command, terminal: Terminal): void {
  const command = program.command("dead-letters").description("what failed for good: list, show, redrive, purge");
  const queueOption = new Option("--queue <name>", "the dead-letter queue").default(DEAD_LETTER_QUEUE);
  addCommands({ command, noun: "dead letter", queueOption, terminal });
}

/** `parked`: the same for messages that no router could read, or that brought routers down. */
export function addParked(program: Command, terminal: Terminal): void {
  const command = program
    .command("parked")
    .description("what no router could read, or what brought routers down: list, show, redrive, purge");
  const queueOption = new Option("--queue <name>").default(PARKED_QUEUE).hideHelp();
  addCommands({ command, noun: "parked message", queueOption, terminal });
}

function addCommands(group: Group): void {
  addList(group);
  addShow(group);
  addRedrive(group);
  addPurge(group);
}

function addList(group: Group): void {
  addFilterOptions(subcommand(group, "list"))
    .description(`list ${group.noun}s`)
    .option(
      "--limit <n>",
      `how many at most, 1..${DEAD_LETTER_LIST_MAX}`,
      countOption(DEAD_LETTER_LIST_MAX),
      DEAD_LETTER_LIST_INITIAL,
    )
    .action(async (options: FilterOptions & { limit: number }) => {
      const { terminal } = group;
      const client = clientOf(options, terminal.env);
      const query = { ...filterQuery(options, Date.now()), limit: String(options.limit) };
      const { deadLetters, end, looked } = await client.listDeadLetters(options.queue, query);
      if (end === "limit") terminal.note(`There may be more: these are the first ${deadLetters.length}.\n`);
      else if (end !== "finished") terminal.note(moreText({ looked }));
      if (options.json) return terminal.printJson(deadLetters);
      if (deadLetters.length === 0) return await noteNone(group, options.queue, client);
      terminal.print(listing(deadLetters));
    });
}

function listing(deadLetters: readonly ListedDeadLetter[]): string {
  const rows = deadLetters.map((each) => [
    each.id,
    each.time ?? "-",
    each.rule ?? "-",
    each.target ?? each.destination ?? "-",
    each.errorCode,
    each.attempts,
    each.redriven,
    oneLine(each.errorMessage),
  ]);
  return formatTable(["ID", "TIME", "RULE", "TARGET", "ERROR", "ATTEMPTS", "REDRIVEN", "MESSAGE"], rows);
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= MESSAGE_CHARACTERS ? line : `${line.slice(0, MESSAGE_CHARACTERS - 1)}…`;
}

/** Names the other queues that hold messages: this may be the wrong one. */
async function noteNone({ noun, terminal }: Group, queue: string, client: AdminClient): Promise<void> {
  const queues = (await client.deadLetterQueues()).flatMap((one) => ("problem" in one ? [] : [one]));
  const others = queues.filter(({ name, ready }) => ready > 0 && name !== queue);
  const elsewhere = others.map(({ name, ready }) => `${name} (${ready})`).join(", ");
  terminal.note(`no such ${noun} in ${queue}${elsewhere === "" ? "" : `; messages wait in ${elsewhere}`}\n`);
}

function addShow(group: Group): void {
  subcommand(group, "show")
    .description(`show one ${group.noun} with its whole body and its headers`)
    .argument("<id>", "its delivery id")
    .action(async (id: string, options: QueueOptions) => {
      const { terminal } = group;
      const message = await clientOf(options, terminal.env).showDeadLetter(options.queue, id);
      if (options.json) terminal.printJson(message);
      else terminal.print(formatMessage(message));
    });
}

type RedriveCommandOptions = FilterOptions & { readonly to: string; readonly rate?: number; readonly dryRun?: boolean };

function addRedrive(group: Group): void {
  addFilterOptions(subcommand(group, "redrive"))
    .description(`deliver ${group.noun}s again`)
    .addOption(new Option("--to <where>", "the target each was for, or its bus").choices(REDRIVE_TO).default("target"))
    .option("--rate <n>/s", "how many a second at most", rateOption)
    .option("--dry-run", "only say how many would be redriven")
    .action(async (options: RedriveCommandOptions) => {
      const query = { ...filterQuery(options, Date.now()), to: options.to };
      const { terminal } = group;
      const preview = await clientOf(options, terminal.env).countDeadLetters(options.queue, query);
      if (!options.dryRun) await redriveAll(preview, query, options, group);
      else if (options.json) terminal.printJson(preview);
      else terminal.print(previewText(preview, group));
    });
}

async function redriveAll(
  preview: DeadLetterCountAnswer,
  query: DeadLetterQuery,
  options: RedriveCommandOptions,
  { noun, terminal }: Group,
): Promise<void> {
  const { queue, to, rate, json } = options;
  if (preview.end !== "finished") terminal.note(moreText(preview));
  const progress = createProgress(redrivable(preview), terminal.screen, Date.now);
  const limited = rate === undefined ? query : { ...query, ratePerSecond: String(rate) };
  const totals = await runRedrive(queue, limited, clientOf(options, terminal.env), progress);
  if (json) return terminal.printJson(totals);
  terminal.print(`${queue}: ${counted(totals.redriven, noun)} redriven to ${to}\n`);
  terminal.print(unredrivableText(totals.unredrivable));
  for (const { id, message } of totals.examples) terminal.note(`  ${inOneLine(`${id}: ${message}`)}\n`);
}

function previewText(preview: DeadLetterCountAnswer, { noun }: Group): string {
  const { errorCodes, unredrivable } = preview;
  const rows = Object.entries(errorCodes).toSorted(([, a], [, b]) => b - a);
  const table = rows.length === 0 ? "" : formatTable(["ERROR", "COUNT"], rows);
  const more = preview.end === "finished" ? "" : moreText(preview);
  return `${table}${counted(redrivable(preview), noun)} would be redriven\n${unredrivableText(unredrivable)}${more}`;
}

/** The note on a list or a count that did not reach the end of the queue. */
function moreText({ looked }: { readonly looked: number }): string {
  return `There may be more: these are of the first ${looked} messages.\n`;
}

function unredrivableText(unredrivable: DeadLetterCountAnswer["unredrivable"]): string {
  // A router of a later version may have further reasons.
  const texts: Readonly<Record<string, string>> = UNREDRIVABLE_REASONS;
  const lines = Object.entries(unredrivable).map(
    ([reason, count]) => `${count} cannot be redriven and stay: ${texts[reason] ?? inOneLine(reason)}\n`,
  );
  return lines.join("");
}

function addPurge(group: Group): void {
  addFilterOptions(subcommand(group, "purge"))
    .description(`delete ${group.noun}s`)
    .option("--yes", "do not ask")
    .action(async (options: FilterOptions & { yes?: boolean }) => {
      const { terminal } = group;
      const { queue } = options;
      const client = clientOf(options, terminal.env);
      const query = filterQuery(options, Date.now());
      if (!options.yes) await confirm(await client.countDeadLetters(queue, query), queue, group);
      const { purged, looked, end, problem } = await client.purgeDeadLetters(queue, query);
      if (end !== "finished") {
        throw new CommandError(`${inOneLine(problem ?? outOfTime(looked))}\n${purged} deleted so far`);
      }
      if (options.json) terminal.printJson({ purged });
      else terminal.print(`${queue}: ${counted(purged, group.noun)} deleted\n`);
    });
}

/** Asks on a terminal. Anywhere else nobody could answer, so `--yes` is needed. */
async function confirm(
  { selected, end }: DeadLetterCountAnswer,
  queue: string,
  { noun, terminal }: Group,
): Promise<void> {
  const atLeast = end === "finished" ? "" : "at least ";
  const what = `${atLeast}${counted(selected, noun)} in ${queue}`;
  if (!terminal.stdin.isTTY) throw new CommandError(`this deletes ${what}: add --yes to do it`);
  const question = createInterface({ input: terminal.stdin, output: terminal.screen });
  const answer = await question.question(`Delete ${what}? [y/N] `);
  question.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError("nothing was deleted");
}

function subcommand({ command, queueOption }: Group, name: string): Command {
  return addAdminOptions(command.command(name).addOption(queueOption));
}

/** How many of the counted messages can be redriven. */
function redrivable({ selected, unredrivable }: DeadLetterCountAnswer): number {
  return Object.values(unredrivable).reduce((left, count) => left - count, selected);
}
