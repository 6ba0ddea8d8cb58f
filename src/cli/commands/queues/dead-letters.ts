import type { Command } from "commander";
import { Option } from "commander";
import { DEAD_LETTER_OPERATIONS } from "../../../admin-api/operations/dead-letters.ts";
import type { ListedDeadLetter } from "../../../admin-api/queues/dead-letters.ts";
import { DEAD_LETTER_LIST_INITIAL, DEAD_LETTER_LIST_MAX } from "../../../admin-api/queues/dead-letters.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../../../domain/queue/queues.ts";
import type { ApiClient } from "../../client/api-client.ts";
import { clientOf } from "../../options/admin-options.ts";
import type { FilterOptions, LetterCommands, QueueOptions } from "../../options/dead-letter-options.ts";
import { addFilterOptions, filterQuery, letterCommand } from "../../options/dead-letter-options.ts";
import { countOption } from "../../options/options.ts";
import { addPurge, addRedrive, moreText } from "./letter-jobs.ts";
import { formatMessage, formatTable } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

const MESSAGE_CHARACTERS = 60;

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

function addCommands(group: LetterCommands): void {
  addList(group);
  addShow(group);
  addRedrive(group);
  addPurge(group);
}

function addList(group: LetterCommands): void {
  addFilterOptions(letterCommand(group, "list"))
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
      const { queue, limit } = options;
      const asked = { path: { queue }, query: { ...filterQuery(options, Date.now()), limit } };
      const { deadLetters, end, looked } = await client.ask(DEAD_LETTER_OPERATIONS.listDeadLetters, asked);
      if (end === "limit") terminal.note(`There may be more: these are the first ${deadLetters.length}.\n`);
      else if (end !== "finished") terminal.note(moreText({ looked }));
      if (options.json) return terminal.printJson(deadLetters);
      if (deadLetters.length === 0) return await noteNone(group, queue, client);
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
async function noteNone({ noun, terminal }: LetterCommands, queue: string, client: ApiClient): Promise<void> {
  const { queues } = await client.ask(DEAD_LETTER_OPERATIONS.listDeadLetterQueues);
  const readable = queues.flatMap((one) => ("problem" in one ? [] : [one]));
  const others = readable.filter(({ name, ready }) => ready > 0 && name !== queue);
  const elsewhere = others.map(({ name, ready }) => `${name} (${ready})`).join(", ");
  terminal.note(`no such ${noun} in ${queue}${elsewhere === "" ? "" : `; messages wait in ${elsewhere}`}\n`);
}

function addShow(group: LetterCommands): void {
  letterCommand(group, "show")
    .description(`show one ${group.noun} with its whole body and its headers`)
    .argument("<id>", "its delivery id")
    .action(async (id: string, options: QueueOptions) => {
      const { terminal } = group;
      const asked = { path: { queue: options.queue }, query: { id } };
      const message = await clientOf(options, terminal.env).ask(DEAD_LETTER_OPERATIONS.showDeadLetter, asked);
      if (options.json) terminal.printJson(message);
      else terminal.print(formatMessage(message));
    });
}
