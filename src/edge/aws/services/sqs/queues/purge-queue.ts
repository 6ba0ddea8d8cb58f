import { structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { QUEUE_URL, configuredQueue, queueResource } from "../messaging.ts";

export function purgeQueue(messaging: Messaging): Operation {
  return operation({
    input: structure("PurgeQueueRequest", QUEUE_URL),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const queue = configuredQueue(messaging, input);
      if (await messaging.queues.purge(queue)) return {};
      const text = `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`;
      throw sqsError("PurgeQueueInProgress", text);
    },
  });
}
