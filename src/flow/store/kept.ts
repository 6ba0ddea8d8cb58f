import { HEADER } from "../../domain/delivery/headers.ts";
import { ownHeaders } from "../../domain/delivery/delivery-message.ts";
import type { Message, Received } from "../../domain/queue/message.ts";
import type { GiveUp, Storing, StoringDeps } from "./until-confirmed.ts";
import { storeUnlessRefused, storeUntilConfirmed } from "./until-confirmed.ts";

/** How long a kept message waits before its queue is tried again. */
const KEPT_MS = 60_000;

/**
 * Stores messages, and keeps those on the delay ladder that their queues still refuse when `giveUp` says so, as a
 * user's full queue may. Each is kept by itself, and comes back through `ownQueue`, one of ours, to be tried again.
 *
 * @throws when `storing.leave` fires; PublishError when no queue will ever take one of the messages.
 */
export async function storeOrKeep(
  storing: Storing,
  ownQueue: string,
  giveUp: GiveUp,
  deps: StoringDeps,
): Promise<void> {
  const refused = await storeUnlessRefused(storing, giveUp, deps);
  const messages = refused.map((message) => keptMessage(message, ownQueue));
  await storeUntilConfirmed({ ...storing, messages, delayMs: KEPT_MS }, deps);
}

/**
 * A message whose queue refuses it, as it waits on the delay ladder: on its way to `queue`, one of ours, from where it
 * is stored in its own queue. It follows from a verdict, is a record or a dead letter, and is complete: so nobody is
 * called again for it.
 */
export function keptMessage(message: Message, queue: string): Message {
  return { ...message, queue, headers: { ...message.headers, [HEADER.keptFor]: message.queue } };
}

/** The message that was kept, addressed to its queue; undefined when the received one is no kept message. */
export function readKept(message: Received): Message | undefined {
  if (message.headers[HEADER.keptFor] === undefined) return undefined;
  const { [HEADER.keptFor]: queue, ...headers } = ownHeaders(message);
  if (typeof queue !== "string" || queue === "") return undefined;
  return { queue, id: message.id, body: message.body, headers };
}
