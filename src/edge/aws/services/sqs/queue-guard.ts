import type { BusPolicy, ResourceGuard } from "../../../../domain/access/bus-policy.ts";
import type { Identity } from "../../../../domain/arn.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { Operation } from "../../service.ts";
import type { Messaging } from "./messaging.ts";
import { queueNameOf } from "./queue-url.ts";

/** What a queue's policy does not decide, in small letters: rights to change a queue stay in the policies of callers. */
export const OWNERS_ACTIONS: ReadonlySet<string> = new Set(
  [
    "AddPermission",
    "CancelMessageMoveTask",
    "CreateQueue",
    "DeleteQueue",
    "ListMessageMoveTasks",
    "ListQueues",
    "ListQueueTags",
    "RemovePermission",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
  ].map((name) => name.toLowerCase()),
);

/** The operation, decided by the policy of the queue that it is about too. */
export function guardedByQueue(name: string, row: Operation, { config, identity }: Messaging): Operation {
  if (OWNERS_ACTIONS.has(name.toLowerCase())) return row;
  return {
    ...row,
    guard: (input): ResourceGuard | undefined => {
      const queue = queueIn((input ?? {}) as JsonObject);
      return queue === undefined ? undefined : queueGuard(identity, queue, config().queues.get(queue)?.policy);
    },
  };
}

/** A queue's own policy, where it has one. */
export function queueGuard(
  identity: Identity,
  queue: string,
  policy: BusPolicy | undefined,
): ResourceGuard | undefined {
  return policy === undefined ? undefined : { identity, named: `queue ${queue}`, policy };
}

function queueIn({ QueueUrl, QueueName }: JsonObject): string | undefined {
  if (typeof QueueUrl === "string") return queueNameOf(QueueUrl);
  return typeof QueueName === "string" ? QueueName : undefined;
}
