import { parseArchiveStream } from "../archive/archive.ts";
import type { QueueDeclaration } from "./declaration.ts";
import { isFifoQueue } from "./fifo.ts";
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
/** Delayed messages that are due: those for users' queues, and those whose queue does not exist. */
export const UNDELIVERABLE_QUEUE = "busbar.undeliverable";
/** Messages that were received over the SQS API and are invisible for long. Every router consumes it, and gives them back in time. */
export const HELD_QUEUE = "busbar.sqs.held";
/** Consumed by every router that knows packs, and empty: its consumers are counted. */
export const PACK_ROUTERS_QUEUE = "busbar.pack-routers";
/** The same for routers that know packs in archives, which came later. */
export const ARCHIVE_PACK_ROUTERS_QUEUE = "busbar.archive-pack-routers";
/** Exclusive to the one router that has an embedded store on RabbitMQ, and always empty. */
export const STORE_LOCK_QUEUE = "busbar.store-lock";
/** Says up to when schedules have been fired. The router that consumes it fires what is due next. */
export const SCHEDULES_QUEUE = "busbar.schedules";
/** The term of the router that lends permits of functions with reserved concurrency to all. The router that consumes it lends. */
export const PERMITS_QUEUE = "busbar.permits";
/** How far the reading of a stream's partition for an event source mapping has come. The router that consumes it reads. */
export function checkpointQueue(mapping: string, partition: number): string {
  return `${CHECKPOINT_PREFIX}${mapping}.${partition}`;
}
export function isCheckpointQueue(queue: string): boolean {
  return queue.startsWith(CHECKPOINT_PREFIX);
}
const CHECKPOINT_PREFIX = "busbar.mapping.";
/** What was deleted from FIFO queues in the last minutes, a stream. */
export const FIFO_LOG = "busbar.sqs.dedup";
/** The control log, which is not a queue: what operators decide while routers run. */
export const CONTROL_LOG = "busbar.control";
/** The journal, which is not a queue: what routers saw, for consoles to read. */
export const JOURNAL = "busbar.journal";
/** The lines of functions, which is not a queue. */
export const FUNCTION_LOGS = "busbar.logs";

/** What decides which queue a function has: whether it is a push container, and whether it keeps an order. */
export type FunctionQueueKind = "container" | "ordered" | "other";

export function functionQueueKind({ run, orderBy }: Pick<FunctionConfig, "run" | "orderBy">): FunctionQueueKind {
  if (orderBy !== undefined) return "ordered";
  return run.kind === "container" ? "container" : "other";
}

const FUNCTION_QUEUE_PREFIXES: Readonly<Record<FunctionQueueKind, string>> = {
  container: "busbar.container.",
  ordered: "busbar.ordered.",
  other: "busbar.function.",
};

/**
 * The queue of a function. Those of a push container and of a function that keeps an order have names of their own, since
 * they have a single active consumer: a queue's properties cannot change, so a function that changes its kind changes its
 * queue.
 */
export function functionQueue(name: string, kind: FunctionQueueKind): string {
  return FUNCTION_QUEUE_PREFIXES[kind] + name;
}

/** The queues that a function had if it was of another kind before. */
export function formerFunctionQueues(name: string, kind: FunctionQueueKind): readonly string[] {
  const kinds = Object.keys(FUNCTION_QUEUE_PREFIXES) as FunctionQueueKind[];
  return kinds.filter((each) => each !== kind).map((each) => functionQueue(name, each));
}

/** Where the deliveries of a function wait that are given to it in batches. */
export function batchQueue(functionName: string): string {
  return `busbar.batch.${functionName}`;
}

export function apiDestinationQueue(name: string): string {
  return `busbar.api-destination.${name}`;
}

/** The destination that a queue belongs to; undefined for every other queue. */
function destinationOfQueue(queue: string): DestinationRef | undefined {
  const match = /^busbar\.(function|container|ordered|batch|api-destination)\.(.+)$/.exec(queue);
  if (match?.[2] === undefined) return undefined;
  return match[1] === "api-destination"
    ? { kind: "api-destination", name: match[2] }
    : { kind: "function", name: match[2] };
}

/** Whether a queue is one of the destination's, or was while the function was of another kind. */
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
  if (queue === SCHEDULES_QUEUE || queue === PERMITS_QUEUE || queue.startsWith("busbar.mapping.")) {
    // Never parked: what is due next would be forgotten, how far a reading has come, or who lends.
    return { name: queue, owner, singleActiveConsumer: true, parking: undefined };
  }
  const archive = parseArchiveStream(queue);
  if (archive !== undefined) {
    return { name: queue, owner, singleActiveConsumer: false, parking: undefined, retention: archive.retention };
  }
  // One router receives from a FIFO queue, for all.
  if (isFifoQueue(queue)) return { name: queue, owner, singleActiveConsumer: true, parking: undefined };
  if (owner === "user" || queue === DEAD_LETTER_QUEUE || queue === PARKED_QUEUE || queue === HELD_QUEUE) {
    return { name: queue, owner, singleActiveConsumer: false, parking: undefined };
  }
  if (isOrdered(queue)) {
    // A consumer gives back by closing its channel, which RabbitMQ counts as a crash: that count must park nothing.
    return { name: queue, owner, singleActiveConsumer: true, keepsOrder: true, parking: undefined };
  }
  const crashesMax = queue === SUSPECT_QUEUE ? SUSPECT_CRASHES_MAX : CRASHES_MAX;
  const parking = { crashesMax, queue: PARKED_QUEUE };
  return { name: queue, owner, singleActiveConsumer: takesOneConsumer(queue), parking };
}

function isOrdered(queue: string): boolean {
  return queue.startsWith(FUNCTION_QUEUE_PREFIXES.ordered);
}

/** Calls of a push container, an API destination's rate and suspects are for one router at a time. */
function takesOneConsumer(queue: string): boolean {
  return queue === SUSPECT_QUEUE || /^busbar\.(container|api-destination)\../.test(queue);
}

/** The queues that every broker has, whatever the configuration. A queue stands after the one that it parks in. */
export const SYSTEM_QUEUES: readonly QueueDeclaration[] = [PARKED_QUEUE, DEAD_LETTER_QUEUE, SUSPECT_QUEUE].map(
  declarationOf,
);
