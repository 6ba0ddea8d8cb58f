import type { Identity } from "../../../../../domain/arn.ts";
import { queueArn } from "../../../../../domain/arn.ts";
import type { Job, JobState, MoveOrder } from "../../../../../domain/job/job.ts";
import type { UnmovableReason } from "../../../../../domain/queue/moved-message.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import { isJsonObject, parseJson } from "../../../../../json/json.ts";

/** A job that moves messages: what SQS calls a message move task. */
export interface MoveJob extends Job {
  readonly order: MoveOrder;
}

export function isMove(job: Job): job is MoveJob {
  return job.order.kind === "move";
}

/** What SQS says of messages that stay (developer guide, "Troubleshooting dead-letter queues and DLQ redrive"). */
const FAILURES: Readonly<Record<string, string>> = {
  no_source: "CouldNotDetermineMessageSource",
  queue_gone: "AWS.SimpleQueueService.NonExistentQueue",
} satisfies Record<UnmovableReason, string>;

const STATUSES: Readonly<Record<JobState, string>> = {
  running: "RUNNING",
  paused: "RUNNING",
  stopping: "CANCELLING",
  done: "COMPLETED",
  stopped: "CANCELLED",
  failed: "FAILED",
};

/**
 * A task as SQS lists it. One that has left some behind has failed, as on SQS, where it ends at the first such message: whoever
 * waits for `COMPLETED` relies on an empty queue.
 */
export function shownTask(
  { id, order, state, ratePerSecond, problem, progress, startedAtMs }: MoveJob,
  identity: Identity,
): JsonObject {
  const { removed, left, unredrivable } = progress;
  const [reason] = Object.keys(unredrivable);
  const stays = reason === undefined ? undefined : (FAILURES[reason] ?? reason);
  const failure = state === "failed" ? (stays ?? problem ?? "InternalError") : state === "done" ? stays : undefined;
  const status = failure === undefined ? STATUSES[state] : "FAILED";
  const source = queueArn(identity, order.queue);
  return {
    ...(status === "RUNNING" ? { TaskHandle: taskHandle(id, source) } : {}),
    Status: status,
    SourceArn: source,
    ...(order.destination === undefined ? {} : { DestinationArn: queueArn(identity, order.destination) }),
    ...(ratePerSecond === undefined ? {} : { MaxNumberOfMessagesPerSecond: ratePerSecond }),
    ApproximateNumberOfMessagesMoved: removed,
    ApproximateNumberOfMessagesToMove: removed + left + staying(unredrivable),
    ...(failure === undefined ? {} : { FailureReason: failure }),
    StartedTimestamp: startedAtMs,
  };
}

function staying(unredrivable: Readonly<Record<string, number>>): number {
  return Object.values(unredrivable).reduce((sum, count) => sum + count, 0);
}

/** Names a task at every router. It is no secret. */
export function taskHandle(taskId: string, source: string): string {
  return Buffer.from(JSON.stringify({ taskId, sourceArn: source })).toString("base64");
}

/** Undefined for a text that is no handle of a task. */
export function readTaskHandle(handle: string): { readonly taskId: string; readonly sourceArn: string } | undefined {
  const parsed = parseJson(Buffer.from(handle, "base64").toString());
  if (!isJsonObject(parsed)) return undefined;
  const { taskId, sourceArn } = parsed;
  return typeof taskId === "string" && typeof sourceArn === "string" ? { taskId, sourceArn } : undefined;
}
