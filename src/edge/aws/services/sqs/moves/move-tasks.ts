import { queueArn } from "../../../../../domain/arn.ts";
import { string, structure } from "../../../input/shapes.ts";
import { storedInLog } from "../../../stored-in-log.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { invalidParameter, missing, sqsError } from "../errors.ts";
import { ANY_INTEGER } from "../messages/outgoing.ts";
import type { Messaging } from "../messaging.ts";
import { QUEUE_ARN, queueOfArn, sourceArn } from "./move-queues.ts";
import type { MoveJob } from "./move-task.ts";
import { isMove, readTaskHandle, shownTask } from "./move-task.ts";

const RESULTS_MAX = 10;

/** ListMessageMoveTasks: the newest first, those of one source. */
export function listMessageMoveTasks(messaging: Messaging): Operation {
  const { identity, jobs } = messaging;
  return operation({
    input: structure("ListMessageMoveTasksRequest", { SourceArn: QUEUE_ARN, MaxResults: ANY_INTEGER }),
    resource: ({ SourceArn }) => sourceArn(SourceArn),
    handle: ({ SourceArn, MaxResults }) => {
      const { name } = queueOfArn("SourceArn", sourceArn(SourceArn), messaging);
      const limit = MaxResults ?? 1;
      if (limit < 1 || limit > RESULTS_MAX) {
        throw invalidParameter("MaxResults", `You must enter a number that's between 1 and ${RESULTS_MAX}.`);
      }
      const tasks = jobs
        .list()
        .filter(isMove)
        .filter(({ order }) => order.queue === name);
      if (tasks.length === 0) return {};
      return { Results: tasks.slice(0, limit).map((task) => shownTask(task, identity)) };
    },
  });
}

/** CancelMessageMoveTask: what was moved is moved. */
export function cancelMessageMoveTask(messaging: Messaging): Operation {
  const { jobs } = messaging;
  return operation({
    input: structure("CancelMessageMoveTaskRequest", { TaskHandle: string({ lengthMax: 4_096 }) }),
    resource: ({ TaskHandle }) => namedTask(TaskHandle).sourceArn,
    handle: async ({ TaskHandle }, { caller }) => {
      const { id } = runningTask(messaging, TaskHandle);
      const stopped = await storedInLog(jobs.change(id, { state: "stopping" }, caller.id));
      return { ApproximateNumberOfMessagesMoved: stopped?.progress.removed ?? 0 };
    },
  });
}

function namedTask(handle: string | null | undefined) {
  if (handle === undefined || handle === null || handle === "") throw missing("TaskHandle");
  const named = readTaskHandle(handle);
  if (named !== undefined) return named;
  throw invalidParameter("TaskHandle");
}

/** A handle names its source too, by which the caller was allowed: of another queue's task it does not exist. */
function runningTask({ jobs, identity }: Messaging, handle: string | null | undefined): MoveJob {
  const { taskId, sourceArn: source } = namedTask(handle);
  const task = jobs
    .list()
    .filter(isMove)
    .find(({ id }) => id === taskId);
  const isRunning = task?.state === "running" || task?.state === "paused";
  if (task !== undefined && isRunning && queueArn(identity, task.order.queue) === source) return task;
  throw sqsError("ResourceNotFoundException", "Task does not exist.");
}
