import type { QueueDeclaration } from "./declaration.ts";
import type { FunctionConfig } from "../target/function.ts";
import type { DestinationRef } from "../target/target.ts";

/** How names begin that users' queues may not have: Busbar's own, and RabbitMQ's. */
export const RESERVED_QUEUE_PREFIXES = ["busbar.", "amq."] as const;

/** Suspects: deliveries that a router may have crashed on. They are handled one at a time. */
export const SUSPECT_QUEUE = "busbar.suspect";
/** Failed deliveries whose target has no dead-letter queue, and events for a bus that does not exist. */
export const DEAD_LETTER_QUEUE = "busbar.dead-letter";
/** Messages that no router could read, or that crashed routers again and again. */
export const PARKED_QUEUE = "busbar.parked";
/** Delayed messages whose queue did not exist when they were due. */
export const UNDELIVERABLE_QUEUE = "busbar.undeliverable";
/** Consumed by every router that knows packs, and empty: its consumers are counted. */
export const PACK_ROUTERS_QUEUE = "busbar.pack-routers";
/** The control log, which is not a queue: what operators decide while routers run. */
export const CONTROL_LOG = "busbar.control";
/** The journal, which is not a queue: what routers saw, for consoles to read. */
export const JOURNAL = "busbar.journal";

/**
 * The queue of a function. A push container's queue has a name of its own, since it has a single active consumer: a
 * queue's properties cannot change, so a function that changes its kind changes its queue.
 */
export function functionQueue(name: string, kind: FunctionConfig["run"]["kind"]): string {
  return kind === "container" ? `busbar.container.${name}` : `busbar.function.${name}`;
}

export function apiDestinationQueue(name: string): string {
  return `busbar.api-destination.${name}`;
}

/** The destination that a queue belongs to; undefined for every other queue. */
function destinationOfQueue(queue: string): DestinationRef | undefined {
  const match = /^busbar\.(function|container|api-destination)\.(.+)$/.exec(queue);
  if (match?.[2] === undefined) return undefined;
  return match[1] === "api-destination"
    ? { kind: "api-destination", name: match[2] }
    : { kind: "function", name: match[2] };
}

/** Whether a queue is the destination's, or was it while the function was of another kind. */
export function isQueueOf(queue: string, { kind, name }: DestinationRef): boolean {
  const destination = destinationOfQueue(queue);
  return destination?.kind === kind && destination.name === name;
}

/** After so many crashes a message is parked, unless its queue says otherwise. */
const CRASHES_MAX = 20;
/** A suspect is handled with no other message in flight, so that its second crash is its own doing. */
const SUSPECT_CRASHES_MAX = 2;

/** The queue as it must be declared, which follows from its name. */
export function declarationOf(queue: string): QueueDeclaration {
  const owner = queue.startsWith("busbar.") ? "busbar" : "user";
  if (owner === "user" || queue === DEAD_LETTER_QUEUE || queue === PARKED_QUEUE) {
    return { name: queue, owner, singleActiveConsumer: false, parking: undefined };
  }
  const crashesMax = queue === SUSPECT_QUEUE ? SUSPECT_CRASHES_MAX : CRASHES_MAX;
  const parking = { crashesMax, queue: PARKED_QUEUE };
  return { name: queue, owner, singleActiveConsumer: takesOneConsumer(queue), parking };
}

/** Calls of a push container, an API destination's rate and suspects are for one router at a time. */
function takesOneConsumer(queue: string): boolean {
  return queue === SUSPECT_QUEUE || /^busbar\.(container|api-destination)\../.test(queue);
}

/** The queues that every broker has, whatever the configuration. A queue stands after the one that it parks in. */
export const SYSTEM_QUEUES: readonly QueueDeclaration[] = [PARKED_QUEUE, DEAD_LETTER_QUEUE, SUSPECT_QUEUE].map(
  declarationOf,
);
