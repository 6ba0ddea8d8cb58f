import type { Command } from "commander";
import { QUEUE_OPERATIONS } from "../../../admin-api/operations/queues.ts";
import type { QueueAnswer } from "../../../admin-api/queues/queues.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { counted, formatFields } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

/** `queues show`: a queue's attributes, its messages, and what puts messages into it. */
export function addShow(queues: Command, terminal: Terminal): void {
  addAdminOptions(queues.command("show"))
    .description("a queue's attributes, its messages, and what fills it")
    .argument("<name>", "the queue")
    .action(async (queue: string, options: AdminOptions) => {
      const answer = await clientOf(options, terminal.env).ask(QUEUE_OPERATIONS.getQueue, { path: { queue } });
      if (options.json) return terminal.printJson(answer);
      terminal.print(formatFields(fieldsOf(answer)));
    });
}

function fieldsOf(queue: QueueAnswer): readonly (readonly [string, string])[] {
  const { messageRetentionSeconds: retention, redrivePolicy, oldestSentAtMs, filledByMore } = queue;
  const ofRouter = queue.countsOf === "router" ? " (of the router that was asked)" : "";
  const filledBy = queue.filledBy.map(({ kind, name }) => `${FILLER_NAMES[kind]} ${name}`);
  const more = filledByMore === 0 ? [] : [`and ${counted(filledByMore, "more")}`];
  return [
    ["name", queue.name],
    ...(queue.description === undefined ? [] : [["description", queue.description] as const]),
    ["from", originText(queue)],
    ["visibility timeout", `${queue.visibilityTimeoutSeconds} s`],
    ["delay", `${queue.delaySeconds} s`],
    ["receive wait", `${queue.receiveWaitSeconds} s`],
    ["retention", retention === undefined ? "keeps everything" : `${retention} s`],
    ["message size", `${queue.maximumMessageBytes} bytes at most`],
    [
      "redrive policy",
      redrivePolicy === undefined
        ? "none"
        : `to ${redrivePolicy.queue} after ${redrivePolicy.maxReceiveCount} receives`,
    ],
    ["visible", String(queue.visible)],
    ["in flight", `${queue.inFlight}${ofRouter}`],
    ["delayed", `${queue.delayed}${ofRouter}`],
    ["oldest", oldestSentAtMs === undefined ? "not known" : new Date(oldestSentAtMs).toISOString()],
    ["consumers", `${queue.consumers} over AMQP, ${counted(queue.waitingPolls, "long poll")}${ofRouter}`],
    ["filled by", [...filledBy, ...more].join(", ") || "nothing in the configuration"],
  ];
}

const ORIGINS = { file: "a file", api: "the API", busbar: "Busbar" } as const;

/** Where a queue comes from. */
export function originText({ origin, place }: Pick<QueueAnswer, "origin" | "place">): string {
  return place ?? ORIGINS[origin];
}

const FILLER_NAMES = {
  rule: "rule",
  schedule: "schedule",
  "function-records": "records of function",
  "dead-letters": "dead letters of",
} as const;
