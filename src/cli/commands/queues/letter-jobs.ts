import { createInterface } from "node:readline/promises";
import { Option } from "commander";
import { DEAD_LETTER_OPERATIONS } from "../../../admin-api/operations/dead-letters.ts";
import type { DeadLetterCountAnswer } from "../../../admin-api/queues/dead-letters.ts";
import { UNREDRIVABLE_REASONS } from "../../../domain/failure/unredrivable.ts";
import type { RedriveTo } from "../../../domain/failure/redrive-to.ts";
import { REDRIVE_TO } from "../../../domain/failure/redrive-to.ts";
import { clientOf } from "../../options/admin-options.ts";
import { CommandError } from "../../command-error.ts";
import type { FilterOptions, LetterCommands } from "../../options/dead-letter-options.ts";
import { addFilterOptions, filterQuery, letterCommand, rateOption } from "../../options/dead-letter-options.ts";
import { countOption } from "../../options/options.ts";
import { inOneLine } from "../../output/escape.ts";
import { counted, formatTable } from "../../output/format.ts";
import type { FollowJobOptions } from "./follow-or-detach.ts";
import { followOrDetach } from "./follow-or-detach.ts";
import { REDRIVE_LIMIT_MAX } from "../../../admin-api/queues/dead-letters.ts";

type JobOptions = FilterOptions & FollowJobOptions;

interface RedriveCommandOptions extends JobOptions {
  readonly to: RedriveTo;
  readonly limit?: number;
  readonly rate?: number;
  readonly dryRun?: boolean;
}

/** `redrive`: starts a job that delivers dead letters again, and follows it. */
export function addRedrive(group: LetterCommands): void {
  addFilterOptions(letterCommand(group, "redrive"))
    .description(`deliver ${group.noun}s again`)
    .addOption(new Option("--to <where>", "the target each was for, or its bus").choices(REDRIVE_TO).default("target"))
    .option("--limit <n>", "how many at most", countOption(REDRIVE_LIMIT_MAX))
    .option("--rate <n>/s", "how many a second at most", rateOption)
    .option("--dry-run", "only say how many would be redriven")
    .option("--detach", "start it, print its id and do not wait for its end")
    .action(async (options: RedriveCommandOptions) => {
      const { terminal, noun } = group;
      const { queue, to, limit, rate: ratePerSecond } = options;
      const path = { queue };
      const client = clientOf(options, terminal.env);
      const query = { ...filterQuery(options, Date.now()), to };
      const preview = await client.ask(DEAD_LETTER_OPERATIONS.countDeadLetters, { path, query });
      if (options.dryRun) {
        if (options.json) return terminal.printJson(preview);
        return terminal.print(previewText(preview, group));
      }
      if (preview.end !== "finished") terminal.note(moreText(preview));
      const asked = { path, query: { ...query, limit, ratePerSecond } };
      const job = await client.ask(DEAD_LETTER_OPERATIONS.redriveDeadLetters, asked);
      const ended = await followOrDetach(job, Math.min(limit ?? Infinity, redrivable(preview)), options, terminal);
      if (ended === undefined || options.json) return;
      terminal.print(`${queue}: ${counted(ended.removed, noun)} redriven to ${to}\n`);
      terminal.print(unredrivableText(ended.unredrivable));
      for (const { id, message } of ended.examples) terminal.note(`  ${inOneLine(`${id}: ${message}`)}\n`);
    });
}

/** `purge`: starts a job that deletes dead letters, and follows it. */
export function addPurge(group: LetterCommands): void {
  addFilterOptions(letterCommand(group, "purge"))
    .description(`delete ${group.noun}s`)
    .option("--yes", "do not ask")
    .option("--detach", "start it, print its id and do not wait for its end")
    .action(async (options: JobOptions & { readonly yes?: boolean }) => {
      const { terminal, noun } = group;
      const { queue } = options;
      const client = clientOf(options, terminal.env);
      const asked = { path: { queue }, query: filterQuery(options, Date.now()) };
      // With `--yes` nobody has to be allowed to count.
      const preview = options.yes ? undefined : await client.ask(DEAD_LETTER_OPERATIONS.countDeadLetters, asked);
      if (preview !== undefined) await confirm(preview, queue, group);
      const job = await client.ask(DEAD_LETTER_OPERATIONS.purgeDeadLetters, asked);
      const ended = await followOrDetach(job, preview?.selected, options, terminal);
      if (ended === undefined || options.json) return;
      terminal.print(`${queue}: ${counted(ended.removed, noun)} deleted\n`);
    });
}

function previewText(preview: DeadLetterCountAnswer, { noun }: LetterCommands): string {
  const { errorCodes, unredrivable } = preview;
  const rows = Object.entries(errorCodes).toSorted(([, a], [, b]) => b - a);
  const table = rows.length === 0 ? "" : formatTable(["ERROR", "COUNT"], rows);
  const more = preview.end === "finished" ? "" : moreText(preview);
  return `${table}${counted(redrivable(preview), noun)} would be redriven\n${unredrivableText(unredrivable)}${more}`;
}

/** The note on a list or a count that did not reach the end of the queue. */
export function moreText({ looked }: { readonly looked: number }): string {
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

/** Asks on a terminal. Anywhere else nobody could answer, so `--yes` is needed. */
async function confirm(
  { selected, end }: DeadLetterCountAnswer,
  queue: string,
  { noun, terminal }: LetterCommands,
): Promise<void> {
  const atLeast = end === "finished" ? "" : "at least ";
  const what = `${atLeast}${counted(selected, noun)} in ${queue}`;
  if (!terminal.stdin.isTTY) throw new CommandError(`this deletes ${what}: add --yes to do it`);
  const question = createInterface({ input: terminal.stdin, output: terminal.screen });
  const answer = await question.question(`Delete ${what}? [y/N] `);
  question.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError("nothing was deleted");
}

/** How many of the counted messages can be redriven. */
function redrivable({ selected, unredrivable }: DeadLetterCountAnswer): number {
  return Object.values(unredrivable).reduce((left, count) => left - count, selected);
}
