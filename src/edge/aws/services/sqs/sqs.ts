import type { JsonObject } from "../../../../json/json.ts";
import { eitherProtocol } from "../../protocol/either.ts";
import { jsonProtocol } from "../../protocol/json.ts";
import { queryProtocol } from "../../protocol/query.ts";
import { SQS_CHANGE_OPERATIONS } from "../../../../ports/made.ts";
import { QueueRefusedError } from "../../../../ports/broker/inspector.ts";
import type { Operation, Service } from "../../service.ts";
import { observedChange } from "../observed-change.ts";
import { queryCodeOf, queryErrorOf, sqsError } from "./errors.ts";
import { refusalsCounted } from "./refusals.ts";
import { receiveMessage } from "./messages/receive.ts";
import { sendMessage, sendMessageBatch } from "./messages/send.ts";
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
} from "./messages/settle.ts";
import type { Messaging } from "./messaging.ts";
import { cancelMessageMoveTask, listMessageMoveTasks } from "./moves/move-tasks.ts";
import { startMessageMoveTask } from "./moves/start-move-task.ts";
import { sqsXml, SQS_FORM, SQS_WITHOUT_RESULT } from "./query-form.ts";
import { guardedByQueue } from "./queue-guard.ts";
import { isQueuePath } from "./queue-url.ts";
import { createQueue } from "./queues/create-queue.ts";
import { deleteQueue } from "./queues/delete-queue.ts";
import { purgeQueue } from "./queues/purge-queue.ts";
import { getQueueAttributes } from "./queues/queue-attributes.ts";
import { addQueuePermission, removeQueuePermission } from "./queues/queue-permissions.ts";
import { listQueueTags, tagQueue, untagQueue } from "./queues/queue-tags.ts";
import { getQueueUrl, listDeadLetterSourceQueues, listQueues } from "./queues/reading.ts";
import { setQueueAttributes } from "./queues/set-queue-attributes.ts";

/** The operations that change queues that were made over the API. */
const CHANGES: Readonly<Record<(typeof SQS_CHANGE_OPERATIONS)[number], (messaging: Messaging) => Operation>> = {
  CreateQueue: createQueue,
  DeleteQueue: deleteQueue,
  SetQueueAttributes: setQueueAttributes,
  TagQueue: tagQueue,
  UntagQueue: untagQueue,
  AddPermission: addQueuePermission,
  RemovePermission: removeQueuePermission,
};

/** All others. */
const OPERATIONS: Readonly<Record<string, (messaging: Messaging) => Operation>> = {
  CancelMessageMoveTask: cancelMessageMoveTask,
  ChangeMessageVisibility: changeMessageVisibility,
  ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
  DeleteMessage: deleteMessage,
  DeleteMessageBatch: deleteMessageBatch,
  GetQueueAttributes: getQueueAttributes,
  GetQueueUrl: getQueueUrl,
  ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
  ListMessageMoveTasks: listMessageMoveTasks,
  ListQueues: listQueues,
  ListQueueTags: listQueueTags,
  PurgeQueue: purgeQueue,
  ReceiveMessage: receiveMessage,
  SendMessage: sendMessage,
  SendMessageBatch: sendMessageBatch,
  StartMessageMoveTask: startMessageMoveTask,
};

/** The policy actions of the SQS API. Each batch is its operation's, of one message. */
export const SQS_ACTIONS: readonly string[] = Object.keys({ ...OPERATIONS, ...CHANGES })
  .filter((name) => !name.endsWith("Batch"))
  .map((name) => `sqs:${name}`);

const JSON_PROTOCOL = jsonProtocol("1.0", "AmazonSQS", {
  servesPath: isQueuePath,
  errorNamespace: "com.amazonaws.sqs#",
  queryCode: queryCodeOf,
});

const QUERY_PROTOCOL = queryProtocol({
  namespace: "http://queue.amazonaws.com/doc/2012-11-05/",
  inputs: SQS_FORM,
  outputs: sqsXml,
  withoutResult: SQS_WITHOUT_RESULT,
  servesPath: isQueuePath,
  pathMembers: (path): JsonObject => (isQueuePath(path) ? { QueueUrl: path } : {}),
  errorOf: queryErrorOf,
});

/** The SQS API. */
export function sqsService(messaging: Messaging): Service {
  const changes = SQS_CHANGE_OPERATIONS.map((name) => {
    return [name, observedChange(name, CHANGES[name](messaging), messaging.changes)] as const;
  });
  const others = Object.entries(OPERATIONS).map(([name, make]) => [name, make(messaging)] as const);
  const rows = [...others, ...changes].map(([name, row]) => {
    const guarded = guardedByQueue(name, refusedByBroker(row), messaging);
    return [name, refusalsCounted(guarded, messaging.queues.observer)] as const;
  });
  return {
    name: "sqs",
    protocol: eitherProtocol(JSON_PROTOCOL, QUERY_PROTOCOL),
    operations: new Map(rows),
    unknownOperation: (name) =>
      sqsError("InvalidAction", `The action ${name.slice(0, 128)} is not valid for this endpoint.`),
  };
}

/** A queue that somebody else made may be of a kind that does not do what SQS does. */
function refusedByBroker(row: Operation): Operation {
  return {
    ...row,
    handle: async (input, call) => {
      try {
        return await row.handle(input, call);
      } catch (error) {
        if (error instanceof QueueRefusedError) throw sqsError("UnsupportedOperation", error.message);
        throw error;
      }
    },
  };
}
