import { FIRST_DELETION } from "../../../../../domain/made/queue.ts";
import { structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { noSuchQueue } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { namedQueue, QUEUE_URL, queueResource } from "../messaging.ts";
import { deletionKeyOf, makeQueueChange, queueKeyOf, requireChangeable } from "./queue-change.ts";

/**
 * DeleteQueue: with its messages, whoever uses it. What is sent to it afterwards fails as it does for any target that is not there.
 */
export function deleteQueue(messaging: Messaging): Operation {
  return operation({
    input: structure("DeleteQueueRequest", QUEUE_URL),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const name = namedQueue(input);
      requireChangeable("DeleteQueue", messaging, name);
      const [key, deletionKey] = [queueKeyOf(name), deletionKeyOf(name)];
      await makeQueueChange("DeleteQueue", messaging, [key], ([found]) => {
        if (found === undefined) throw noSuchQueue();
        return [
          { change: "delete", ...key, expect: found.revision },
          { change: "put", ...deletionKey, value: "removing" },
          { change: "schedule", ...deletionKey, dueAtMs: 0, value: FIRST_DELETION },
        ];
      });
      await messaging.deletions.finish(name);
      return {};
    },
  });
}
