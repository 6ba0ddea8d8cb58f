import type { QueueDeclaration } from "./declaration.ts";
import type { FunctionConfig } from "../target/function.ts";
import type { DestinationRef } from "../target/target.ts";

/** Every queue name that is ours. Users' queues may not begin so. */
export const RESERVED_QUEUE_PREFIXES = ["busbar.", "amq."] as const;

/** Deliveries that a crash may have been due to, handled one at a time. */
export const SUSPECT_QUEUE = "busbar.suspect";
/** Failures with no dead-letter queue of their own, and events for a bus that does not exist. */
export const DEAD_LETTER_QUEUE = "busbar.dead-letter";
/** Messages that could not be read or survived. */
export const PARKED_QUEUE = "busbar.parked";
/** What the delay ladder could not hand over. */
export const UNDELIVERABLE_QUEUE = "busbar.undeliverable";
/** What operators have decided while routers run, for all of them to read: no queue but a log. */
export const CONTROL_LOG = "busbar.control";

/**
 * The queue of a function. Push containers have another name, since theirs lets one router alone consume
 * it: a queue's arguments cannot change, so a function that changes kind changes queue.
 */
export function functionQueue(name: string, kind: FunctionConfig["run"]["kind"]): string {
  return kind === "container" ? `busbar.container.${name}` : `busbar.function.${name}`;
}

export function apiDestinationQueue(name: string): string {
  return `busbar.api-destination.${name}`;
}

/** Which destination a queue of ours belongs to; undefined for any other queue. */
function destinationOfQueue(queue: string): DestinationRef | undefined {
  const match = /^busbar\.(function|container|api-destination)\.(.+)$/.exec(queue);
  if (match?.[2] === undefined) return undefined;
  return match[1] === "api-destination"
    ? { kind: "api-destination", name: match[2] }
    : { kind: "function", name: match[2] };
}

/** Whether a queue is one of those that a destination has, or had as another kind. */
export function isQueueOf(queue: string, { kind, name }: DestinationRef): boolean {
  const destination = destinationOfQueue(queue);
  return destination?.kind === kind && destination.name === name;
}

/** How a queue must be declared: its name tells. */
export function declarationOf(queue: string): QueueDeclaration {
  const destination = destinationOfQueue(queue);
  const owner = queue.startsWith("busbar.") ? "busbar" : "user";
  const isContainer = destination?.kind === "function" && queue.startsWith("busbar.container.");
  const alone = isContainer || destination?.kind === "api-destination" || queue === SUSPECT_QUEUE;
  return alone ? { name: queue, owner, singleActiveConsumer: true } : { name: queue, owner };
}
