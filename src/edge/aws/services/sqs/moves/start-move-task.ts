import { queueArn } from "../../../../../domain/arn.ts";
import { isFifoQueue } from "../../../../../domain/queue/fifo.ts";
import type { QueueConfig } from "../../../../../domain/queue/queue-config.ts";
import type { Caller } from "../../../../http/auth/caller.ts";
import { commonError } from "../../../errors.ts";
import { structure } from "../../../input/shapes.ts";
import { storedInLog } from "../../../stored-in-log.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { invalidParameter, sqsError } from "../errors.ts";
import { ANY_INTEGER } from "../messages/outgoing.ts";
import type { Messaging } from "../messaging.ts";
import { queueGuard } from "../queue-guard.ts";
import { formedArn, QUEUE_ARN, queueOfArn, sourceArn } from "./move-queues.ts";
import { taskHandle } from "./move-task.ts";

const RATE_MAX = 500;

/** StartMessageMoveTask. The policies are asked of the source, and whether the caller may send to the destination. */
export function startMessageMoveTask(messaging: Messaging): Operation {
  const { identity, jobs } = messaging;
  return operation({
    input: structure("StartMessageMoveTaskRequest", {
      SourceArn: QUEUE_ARN,
      DestinationArn: QUEUE_ARN,
      MaxNumberOfMessagesPerSecond: ANY_INTEGER,
    }),
    resource: ({ SourceArn }) => sourceArn(SourceArn),
    handle: async ({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond }, { caller }) => {
      const source = queueOfArn("SourceArn", sourceArn(SourceArn), messaging);
      requireDeadLetterQueue(source, messaging);
      const destination = destinationOf(source, DestinationArn, messaging);
      // Its task would end as refused.
      messaging.queues.requireBrowsable(source);
      const ratePerSecond = rateOf(MaxNumberOfMessagesPerSecond);
      if (destination !== undefined) requireToSend(caller, destination, messaging);
      const order = { kind: "move", queue: source.name, destination: destination?.name } as const;
      const start = await storedInLog(jobs.start(order, { ratePerSecond, by: caller.id }));
      if (start.ok) return { TaskHandle: taskHandle(start.job.id, queueArn(identity, source.name)) };
      if (start.reason === "too many") {
        throw commonError("ThrottlingException", "Too many queues are being moved, redriven or purged.");
      }
      throw refused(
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
      );
    },
  });
}

function requireDeadLetterQueue({ name }: QueueConfig, { config }: Messaging): void {
  const queues = [...config().queues.values()];
  if (queues.some(({ redrivePolicy }) => redrivePolicy?.queue === name)) return;
  throw refused("Source queue must be configured as a Dead Letter Queue.");
}

/** The one queue that everything goes to. Undefined where each message goes to the queue that it came from. */
function destinationOf(
  source: QueueConfig,
  arn: string | null | undefined,
  messaging: Messaging,
): QueueConfig | undefined {
  if (arn === undefined || arn === null) return undefined;
  const destination = queueOfArn("DestinationArn", formedArn("DestinationArn", arn), messaging);
  if (destination.name === source.name) throw refused("Source queue arn and destination queue arn cannot be the same.");
  if (isFifoQueue(destination.name) === isFifoQueue(source.name)) return destination;
  throw refused("The source queue and destination queue must be of the same queue type.");
}

function rateOf(given: number | null | undefined): number | undefined {
  if (given === undefined || given === null) return undefined;
  if (given >= 1 && given <= RATE_MAX) return given;
  throw invalidParameter("MaxNumberOfMessagesPerSecond", `You must enter a number that's between 1 and ${RATE_MAX}.`);
}

/** @throws Refusal */
function requireToSend(caller: Caller, { name, policy }: QueueConfig, { identity }: Messaging): void {
  caller.authorize("sqs:SendMessage", queueArn(identity, name), queueGuard(identity, name, policy));
}

function refused(text: string) {
  return sqsError("InvalidParameterValueException", text);
}
