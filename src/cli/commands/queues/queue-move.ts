import type { Command } from "commander";
import { QUEUE_OPERATIONS } from "../../../admin-api/operations/queues.ts";
import { UNMOVABLE_REASONS } from "../../../domain/queue/moved-message.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { rateOption } from "../../options/dead-letter-options.ts";
import { inOneLine } from "../../output/escape.ts";
import { counted } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";
import type { FollowJobOptions } from "./follow-or-detach.ts";
import { followOrDetach } from "./follow-or-detach.ts";

interface MoveOptions extends FollowJobOptions {
  readonly to?: string;
  readonly rate?: number;
}

/** `queues move`: starts a job that moves the messages of a queue, and follows it. */
export function addMove(queues: Command, terminal: Terminal): void {
  addAdminOptions(queues.command("move"))
    .description("move every message of a queue back to the queue that it came from, or to another one")
    .argument("<source>", "the queue, such as a dead-letter queue")
    .option("--to <queue>", "the queue that all of them go to")
    .option("--rate <n>/s", "how many a second at most", rateOption)
    .option("--detach", "start it, print its id and do not wait for its end")
    .action(async (source: string, options: MoveOptions) => {
      const { to: destination, rate: ratePerSecond } = options;
      const asked = { path: { queue: source }, query: { destination, ratePerSecond } };
      const job = await clientOf(options, terminal.env).ask(QUEUE_OPERATIONS.moveMessages, asked);
      const ended = await followOrDetach(job, undefined, options, terminal);
      if (ended === undefined || options.json) return;
      const where =
        destination ?? (ended.removed === 1 ? "the queue that it came from" : "the queues that they came from");
      terminal.print(`${source}: ${counted(ended.removed, "message")} moved to ${where}\n`);
      terminal.print(unmovableText(ended.unredrivable));
      for (const { id, message } of ended.examples) terminal.note(`  ${inOneLine(`${id}: ${message}`)}\n`);
    });
}

/** A router of a later version may have further reasons. */
function unmovableText(unmovable: Readonly<Record<string, number>>): string {
  const texts: Readonly<Record<string, string>> = UNMOVABLE_REASONS;
  const lines = Object.entries(unmovable).map(
    ([reason, count]) => `${count} cannot be moved and stay: ${texts[reason] ?? inOneLine(reason)}\n`,
  );
  return lines.join("");
}
