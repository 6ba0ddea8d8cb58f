import { archiveStream } from "../archive/archive.ts";
import type { Config } from "../config.ts";
import { batchOf } from "../config.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { StreamConfig } from "../stream/stream.ts";
import { partitionNames, streamDeclarations } from "../stream/stream.ts";
import type { DestinationRef } from "../target/target.ts";
import type { QueueDeclaration } from "./declaration.ts";
import {
  apiDestinationQueue,
  batchQueue,
  checkpointQueue,
  declarationOf,
  functionQueue,
  functionQueueKind,
} from "./queues.ts";

/** The queue of a destination. A function that the configuration does not know has the queue of most kinds. */
export function destinationQueue(destination: DestinationRef, config: Config): string {
  if (destination.kind === "api-destination") return apiDestinationQueue(destination.name);
  const fn = config.functions.get(destination.name);
  return functionQueue(destination.name, fn === undefined ? "other" : functionQueueKind(fn));
}

/** The queue of a delivery: its destination's, or that of the batches where its rule's target has those. */
export function deliveryQueue(delivery: Pick<Delivery, "destination" | "origin">, config: Config): string {
  const { destination } = delivery;
  return batchOf(delivery, config) === undefined ? destinationQueue(destination, config) : batchQueue(destination.name);
}

/**
 * The queues whose deliveries may travel as packs. Not where a function polls, since a poll takes one delivery; nor where
 * one call is made at a time or an order is kept, which has nothing to gain and an order to lose.
 */
export function packQueues({ functions }: Config): ReadonlySet<string> {
  const called = [...functions.values()].filter(({ run, concurrency, orderBy }) => {
    return (run.kind === "http" || run.kind === "process") && concurrency > 1 && orderBy === undefined;
  });
  return new Set(called.map((fn) => functionQueue(fn.name, functionQueueKind(fn))));
}

/** The queues that the next configuration needs: without those of before, where only queues of the API have come or gone. */
export function newDeclarations(before: Config, next: Config): readonly QueueDeclaration[] {
  const isOfApi = before.functions === next.functions && before.archives === next.archives;
  if (!isOfApi || before.apiDestinations !== next.apiDestinations) return declarationsOf(next);
  return [...next.queues.keys()].filter((name) => !before.queues.has(name)).map(declarationOf);
}

/**
 * The queues that were made over the API and were deleted there, and those of checkpoints of deleted mappings. What was in files
 * stays at the broker.
 */
export function deletedQueues(before: Config, next: Config): readonly string[] {
  const queues = before.queues === next.queues ? [] : [...(before.made?.queues.keys() ?? [])];
  const mappings = before.mappings === next.mappings ? [] : [...(before.made?.mappings.keys() ?? [])];
  const gone = mappings.filter((uuid) => !next.mappings.has(uuid));
  return [
    ...queues.filter((name) => !next.queues.has(name)),
    ...gone.flatMap((uuid) => checkpointQueuesOf(uuid, streamOf(before.mappings.get(uuid), before))),
  ];
}

/** The queues that say how far a mapping has read its stream. None of a mapping of a queue, which has no stream. */
export function checkpointQueuesOf(mapping: string, stream: StreamConfig | undefined): readonly string[] {
  if (stream === undefined) return [];
  return partitionNames(stream).map((_, at) => checkpointQueue(mapping, at));
}

function streamOf(mapping: Mapping | undefined, { streams }: Pick<Config, "streams">): StreamConfig | undefined {
  return mapping?.source.kind === "stream" ? streams.get(mapping.source.stream) : undefined;
}

/** Every queue that a configuration needs. Brokers declare the queues that Busbar needs with any configuration. */
export function declarationsOf(config: Config): readonly QueueDeclaration[] {
  const { functions, apiDestinations, queues, archives, streams } = config;
  const names = [
    ...[...functions.values()].map((fn) => functionQueue(fn.name, functionQueueKind(fn))),
    ...[...config.batchedFunctions].map(batchQueue),
    ...[...apiDestinations.keys()].map(apiDestinationQueue),
    ...queues.keys(),
    ...[...archives.values()].map(({ name, retention }) => archiveStream(name, retention)),
  ];
  return [...names.map(declarationOf), ...[...streams.values()].flatMap(streamDeclarations)];
}
