import { NO_QUEUE_DELETIONS, StoredQueueDeletions } from "../../flow/queues/queue-deletions.ts";
import type { QueueRemoval } from "../../ports/broker/queue-removal.ts";
import type { QueueDeletions } from "../../ports/queue-deletions.ts";
import type { Store } from "../../ports/store/store.ts";
import { PROCESS } from "../process.ts";
import type { Shared } from "../shared.ts";

/** Deletes queues on the broker that were deleted over the API, by this router or another. */
export function startQueueDeletions(
  store: Store | undefined,
  broker: QueueRemoval,
  { lifecycle, report: onError }: Shared,
): QueueDeletions {
  if (store === undefined) return NO_QUEUE_DELETIONS;
  const deletions = new StoredQueueDeletions({ store, broker, onError, ...PROCESS });
  deletions.start();
  lifecycle.onStop("deletion of queues", () => deletions.stop());
  return deletions;
}
