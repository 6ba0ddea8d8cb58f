import type { Command } from "commander";
import { didYouMean } from "../../../text/nearest.ts";
import { QUEUE_OPERATIONS } from "../../../admin-api/operations/queues.ts";
import { QUEUE_LIMIT_INITIAL, QUEUE_LIMIT_MAX } from "../../../admin-api/queues/queues.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { CommandError } from "../../command-error.ts";
import { addReceive, addSend, printMessages } from "./queue-messages.ts";
import { addMove } from "./queue-move.ts";
import { addShow, originText } from "./queue-show.ts";
import { countOption } from "../../options/options.ts";
import { inOneLine } from "../../output/escape.ts";
import { counted, formatTable } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

type MessageOptions = AdminOptions & { readonly limit: number };

/** `queues`: lists and shows the open queues, and sends, peeks at, receives, moves and purges messages, over a router's admin port. */
export function addQueues(program: Command, terminal: Terminal): void {
  const queues = program
    .command("queues")
    .description("what waits in the configured queues, busbar.dead-letter and busbar.parked");
  addList(queues, terminal);
  addPeek(queues, terminal);
  addShow(queues, terminal);
  addSend(queues, terminal);
  addReceive(queues, terminal);
  addMove(queues, terminal);
  addPurge(queues, terminal);
}

function addList(queues: Command, terminal: Terminal): void {
  subcommand(queues, "list", { isDefault: true })
    .description("every queue with its messages that are ready, its consumers and where it is from (the default)")
    // An unknown subcommand ends here too, since this is the default one.
    .allowExcessArguments()
    .action(async (options: AdminOptions, command: Command) => {
      const [stray] = command.args;
      if (stray !== undefined) {
        const names = queues.commands.map((other) => other.name());
        command.error(`error: unknown command '${stray}'${didYouMean(stray, names)}`);
      }
      const { queues: depths } = await clientOf(options, terminal.env).ask(QUEUE_OPERATIONS.listQueues);
      if (options.json) return terminal.printJson(depths);
      const rows = depths.flatMap((queue) =>
        "problem" in queue ? [] : [[queue.name, queue.ready, queue.consumers, originText(queue)]],
      );
      terminal.print(formatTable(["NAME", "READY", "CONSUMERS", "FROM"], rows));
      for (const queue of depths) if ("problem" in queue) terminal.note(`warning: ${inOneLine(queue.problem)}\n`);
    });
}

function addPeek(queues: Command, terminal: Terminal): void {
  messagesCommand(queues, "peek")
    .description("show messages and leave them in the queue")
    .action(async (queue: string, options: MessageOptions) => {
      terminal.note("A peek counts as a redelivery of each message it shows.\n");
      const { limit } = options;
      const asked = { path: { queue }, query: { limit } };
      const messages = await clientOf(options, terminal.env).ask(QUEUE_OPERATIONS.peekQueue, asked);
      printMessages(messages, queue, options, terminal);
    });
}

function addPurge(queues: Command, terminal: Terminal): void {
  subcommand(queues, "purge")
    .description("delete every message that is ready in a queue")
    .argument("<name>", "the queue")
    .option("--yes", "really delete them")
    .action(async (queue: string, options: AdminOptions & { yes?: boolean }) => {
      if (!options.yes) throw new CommandError(`this deletes every message in ${queue}: add --yes to do it`);
      const { purged } = await clientOf(options, terminal.env).ask(QUEUE_OPERATIONS.purgeQueue, { path: { queue } });
      if (options.json) return terminal.printJson({ purged });
      terminal.print(`${queue}: ${counted(purged, "message")} deleted\n`);
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
