import type { Config } from "../../../../../domain/config.ts";
import type { MadeQueue } from "../../../../../domain/made/queue.ts";
import { QUEUE_DELETION_KIND, QUEUE_KIND, readMadeQueue } from "../../../../../domain/made/queue.ts";
import type { DecideChanges } from "../../../../../ports/made.ts";
import type { Change, Entity, EntityKey } from "../../../../../ports/store/entities.ts";
import { commonError } from "../../../errors.ts";
import { changeOrRefuse } from "../../change-refusal.ts";
import { noSuchQueue, sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";

const ERRORS = {
  disabled: (message: string) => sqsError("UnsupportedOperation", message),
  conflict: (message: string) => commonError("ThrottlingException", message),
};

/** Makes a change of what the store has of queues, and resolves when it is in force here. @throws AwsError */
export function makeQueueChange(
  operation: string,
  { changes }: Pick<Messaging, "changes">,
  keys: readonly EntityKey[],
  decide: DecideChanges,
): Promise<void> {
  return changeOrRefuse(operation, changes, keys, decide, ERRORS);
}

export function queueKeyOf(name: string): EntityKey {
  return { kind: QUEUE_KIND, name };
}

export function deletionKeyOf(name: string): EntityKey {
  return { kind: QUEUE_DELETION_KIND, name };
}

/** Changes a queue that was made over the API. @throws AwsError */
export async function changeQueue(
  operation: string,
  messaging: Messaging,
  name: string,
  decide: (before: MadeQueue) => MadeQueue | Promise<MadeQueue>,
): Promise<void> {
  requireChangeable(operation, messaging, name);
  const key = queueKeyOf(name);
  await makeQueueChange(operation, messaging, [key], async ([found]) => {
    const before = foundMadeQueue(name, found);
    return putQueue(key, found, await decide(before));
  });
}

/** The change of a queue that was found so; none where it stays what it is. */
export function putQueue(key: EntityKey, found: Entity | undefined, queue: MadeQueue): readonly Change[] {
  const value = JSON.stringify(queue);
  if (found?.value === value) return [];
  return [{ change: "put", ...key, value, expect: found?.revision ?? "absent" }];
}

/**
 * Refuses to change a queue of a file, which is changed there. Without a store there are no others.
 *
 * @throws AwsError `UnsupportedOperation`, `QueueDoesNotExist`
 */
export function requireChangeable(operation: string, { config, changes }: Messaging, name: string): void {
  requireNoFileQueue(operation, config(), name);
  if (!changes.isKept && !config().queues.has(name)) throw noSuchQueue();
}

function requireNoFileQueue(operation: string, { queues, places, made }: Config, name: string): void {
  if (!queues.has(name) || made?.queues.has(name) === true) return;
  const place = places?.queues.get(name);
  const where = place === undefined ? "a configuration file has it" : `a configuration file has it (${place})`;
  const text = `${operation} is not supported for queue ${name}: ${where}, change it there.`;
  throw sqsError("UnsupportedOperation", text);
}

/** The queue of an entity that was found. @throws AwsError `QueueDoesNotExist` */
export function foundMadeQueue(name: string, found: Entity | undefined): MadeQueue {
  if (found === undefined) throw noSuchQueue();
  const made = readMadeQueue(found.value);
  if (made === undefined) throw new Error(`the store's queue "${name}" cannot be read`);
  return made;
}
