import { isFifoQueue } from "../../../../../domain/queue/fifo.ts";
import { structure } from "../../../input/shapes.ts";
import { stringMap } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { missing } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { namedQueue, QUEUE_URL, queueResource } from "../messaging.ts";
import { changedAttributes } from "./checked-attributes.ts";
import { requirePolicy } from "./queue-permissions.ts";
import { changeQueue } from "./queue-change.ts";
import { requireDeadLetterQueue } from "./redrive-policies.ts";

/** SetQueueAttributes: those that are left out stay. */
export function setQueueAttributes(messaging: Messaging): Operation {
  return operation({
    input: structure("SetQueueAttributesRequest", { ...QUEUE_URL, Attributes: stringMap(100) }),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const name = namedQueue(input);
      const given = input.Attributes ?? {};
      if (Object.keys(given).length === 0) throw missing("Attributes");
      await changeQueue("SetQueueAttributes", messaging, name, async (before) => {
        const attributes = changedAttributes(before.attributes, given, isFifoQueue(name));
        const { RedrivePolicy: redrive, Policy: policy } = attributes;
        requirePolicy(messaging, policy);
        if (redrive !== undefined && redrive !== before.attributes["RedrivePolicy"])
          await requireDeadLetterQueue(messaging, name, redrive);
        return { ...before, attributes };
      });
      return {};
    },
  });
}
