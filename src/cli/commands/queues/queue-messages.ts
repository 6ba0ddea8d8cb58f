import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { QUEUE_OPERATIONS } from "../../../admin-api/operations/queues.ts";
import type { QueueMessagesAnswer, SendBody } from "../../../admin-api/queues/queues.ts";
import { QUEUE_LIMIT_INITIAL, QUEUE_LIMIT_MAX } from "../../../admin-api/queues/queues.ts";
import { QUEUE_BOUNDS } from "../../../domain/queue/queue-config.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { countOption, secondsOption } from "../../options/options.ts";
import { counted, formatMessage } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

type SendOptions = AdminOptions & {
  readonly body: string;
  readonly attribute: Readonly<Record<string, string>>;
  readonly delay?: number;
  readonly group?: string;
  readonly deduplicationId?: string;
};

/** `queues send`: one message, with attributes that are texts. */
export function addSend(queues: Command, terminal: Terminal): void {
  const { max } = QUEUE_BOUNDS.delaySeconds;
  addAdminOptions(queues.command("send"))
    .description("send a message")
    .argument("<name>", "the queue")
    .requiredOption("--body <text>", "the message")
    .option("--attribute <name=value>", "an attribute of it; may be given several times", attributeOption, {})
    .option("--delay <seconds>", `how long nobody receives it, 0..${max}`, secondsOption(max))
    .option("--group <id>", "the message group, which a FIFO queue needs")
    .option("--deduplication-id <id>", "for a FIFO queue: a message with the id of another one is not stored")
    .action(async (queue: string, options: SendOptions) => {
      const { body, attribute: attributes, delay, group, deduplicationId } = options;
      const message: SendBody = {
        body,
        attributes,
        ...(delay === undefined ? {} : { delaySeconds: delay }),
        ...(group === undefined ? {} : { messageGroupId: group }),
        ...(deduplicationId === undefined ? {} : { messageDeduplicationId: deduplicationId }),
      };
      const given = { path: { queue }, body: JSON.stringify(message) };
      const { id } = await clientOf(options, terminal.env).ask(QUEUE_OPERATIONS.sendMessage, given);
      if (options.json) return terminal.printJson({ id });
      terminal.print(`${queue}: message ${id} sent\n`);
    });
}

function attributeOption(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be name=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

type ReceiveOptions = AdminOptions & {
  readonly max: number;
  readonly wait?: number;
  readonly visibility?: number;
  readonly delete?: boolean;
};

/** `queues receive`: messages, hidden from others for a time as SQS does, or deleted. */
export function addReceive(queues: Command, terminal: Terminal): void {
  const waitMax = QUEUE_BOUNDS.receiveWaitSeconds.max;
  const hiddenMax = QUEUE_BOUNDS.visibilityTimeoutSeconds.max;
  addAdminOptions(queues.command("receive"))
    .description("show messages and hide them from others for a time, or delete them")
    .argument("<name>", "the queue")
    .option(
      "--max <n>",
      `how many messages at most, 1..${QUEUE_LIMIT_MAX}`,
      countOption(QUEUE_LIMIT_MAX),
      QUEUE_LIMIT_INITIAL,
    )
    .option("--wait <seconds>", `how long to wait for the first one, 0..${waitMax}`, secondsOption(waitMax))
    .option(
      "--visibility <seconds>",
      `how long they are hidden, 0..${hiddenMax}; by default as long as the queue says`,
      secondsOption(hiddenMax),
    )
    .option("--delete", "delete them")
    .action(async (queue: string, options: ReceiveOptions) => {
      const { max: limit, wait: waitSeconds, visibility: visibilitySeconds } = options;
      const query = { limit, waitSeconds, visibilitySeconds, ...(options.delete ? { delete: "true" as const } : {}) };
      const given = { path: { queue }, query };
      const answer = await clientOf(options, terminal.env).ask(QUEUE_OPERATIONS.receiveMessages, given);
      const { messages, hiddenSeconds } = answer;
      if (hiddenSeconds !== undefined && messages.length > 0) {
        const comesBack = `Nobody else receives ${messages.length === 1 ? "it" : "them"} for ${hiddenSeconds} s`;
        terminal.note(`${comesBack}; --delete deletes what it shows.\n`);
      }
      printMessages(answer, queue, options, terminal);
    });
}

export function printMessages(
  { messages, end }: QueueMessagesAnswer,
  queue: string,
  { json }: AdminOptions,
  terminal: Terminal,
): void {
  if (end === "bytes")
    terminal.note(`There may be more: an answer ends after ${counted(messages.length, "message")}.\n`);
  if (json) return terminal.printJson(messages);
  if (messages.length === 0) terminal.note(`${queue} has no message to receive\n`);
  terminal.print(messages.map(formatMessage).join("\n"));
}
