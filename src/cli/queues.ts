import type { Command } from "commander";
import { didYouMean } from "../text/nearest.ts";
import type { QueueMessagesAnswer } from "../admin-api/queues.ts";
import { QUEUE_LIMIT_INITIAL, QUEUE_LIMIT_MAX } from "../admin-api/queues.ts";
import type { AdminOptions } from "./options/admin-options.ts";
import { addAdminOptions, clientOf } from "./options/admin-options.ts";
import { CommandError } from "./command-error.ts";
import { counted } from "./output/counted.ts";
import { formatMessage } from "./output/message-text.ts";
import { countOption } from "./options/options.ts";
import { printJson } from "./output/print-json.ts";
import { formatTable } from "./output/table.ts";
import { inOneLine, printNote, printText } from "./output/output.ts";

type MessageOptions = AdminOptions & { readonly limit: number };

/** `busbar queues`: what waits in the queues that people look into, over a running router's admin port. */
export function addQueues(program: Command): void {
  const queues = program
    .command("queues")
    .description("what waits in the configured queues, busbar.dead-letter and busbar.parked");
  addList(queues);
  addPeek(queues);
  addReceive(queues);
  addPurge(queues);
}

function addList(queues: Command): void {
  subcommand(queues, "list", { isDefault: true })
    .description("every queue with its messages that are ready and its consumers (the default)")
    // What is no command ends here too, since this one is the default.
    .allowExcessArguments()
    .action(async (options: AdminOptions, command: Command) => {
      const [stray] = command.args;
      if (stray !== undefined) {
        const names = queues.commands.map((other) => other.name());
        command.error(`error: unknown command '${stray}'${didYouMean(stray, names)}`);
      }
      const depths = await clientOf(options).queues();
      if (options.json) return printJson(depths);
      const rows = depths.flatMap((queue) => ("problem" in queue ? [] : [[queue.name, queue.ready, queue.consumers]]));
      printText(formatTable(["NAME", "READY", "CONSUMERS"], rows));
      for (const queue of depths) if ("problem" in queue) printNote(`warning: ${inOneLine(queue.problem)}\n`);
    });
}

function addPeek(queues: Command): void {
  messagesCommand(queues, "peek")
    .description("show messages and leave them in the queue")
    .action(async (queue: string, options: MessageOptions) => {
      printNote("A peek counts as a redelivery of each message it shows.\n");
      printMessages(await clientOf(options).peek(queue, options.limit), queue, options);
    });
}

function addReceive(queues: Command): void {
  messagesCommand(queues, "receive")
    .description("show messages and remove them from the queue")
    .action(async (queue: string, options: MessageOptions) => {
      printMessages(await clientOf(options).receive(queue, options.limit), queue, options);
    });
}

function addPurge(queues: Command): void {
  subcommand(queues, "purge")
    .description("delete every message that is ready in a queue")
    .argument("<name>", "the queue")
    .option("--yes", "really delete them")
    .action(async (queue: string, options: AdminOptions & { yes?: boolean }) => {
      if (!options.yes) throw new CommandError(`this deletes every message in ${queue}: add --yes to do it`);
      const purged = await clientOf(options).purge(queue);
      if (options.json) return printJson({ purged });
      printText(`${queue}: ${counted(purged, "message")} deleted\n`);
    });
}

function messagesCommand(queues: Command, name: string): Command {
  return subcommand(queues, name)
    .argument("<name>", "the queue")
    .option(
      "--limit <n>",
      `how many messages at most, 1..${QUEUE_LIMIT_MAX}`,
      countOption(QUEUE_LIMIT_MAX),
      QUEUE_LIMIT_INITIAL,
    );
}

function subcommand(queues: Command, name: string, options: { isDefault?: boolean } = {}): Command {
  return addAdminOptions(queues.command(name, options));
}

function printMessages({ messages, end }: QueueMessagesAnswer, queue: string, { json }: AdminOptions): void {
  if (end === "bytes")
    printNote(`There may be more: an answer ends at 8 MiB, after ${counted(messages.length, "message")}.\n`);
  if (json) return printJson(messages);
  if (messages.length === 0) printNote(`${queue} is empty\n`);
  printText(messages.map(formatMessage).join("\n"));
}
