import type { Config } from "../config.ts";
import type { DestinationRef } from "../target/target.ts";
import type { QueueDeclaration } from "./declaration.ts";
import { apiDestinationQueue, declarationOf, functionQueue } from "./queues.ts";

/** The queue of a destination. A function that the configuration does not know has the queue of most kinds. */
export function destinationQueue(destination: DestinationRef, config: Config): string {
  if (destination.kind === "api-destination") return apiDestinationQueue(destination.name);
  return functionQueue(destination.name, config.functions.get(destination.name)?.run.kind ?? "http");
}

/**
 * The queues whose deliveries may travel as packs. Not where a function polls, since a poll takes one delivery; nor where
 * one call is made at a time, which has nothing to gain and an order to lose.
 */
export function packQueues({ functions }: Config): ReadonlySet<string> {
  const called = [...functions.values()].filter(({ run, concurrency }) => {
    return (run.kind === "http" || run.kind === "process") && concurrency > 1;
  });
  return new Set(called.map(({ name, run }) => functionQueue(name, run.kind)));
}

/** Every queue that a configuration needs. Brokers declare the queues that Busbar needs with any configuration. */
export function declarationsOf({ functions, apiDestinations, queues }: Config): readonly QueueDeclaration[] {
  const names = [
    ...[...functions.values()].map((fn) => functionQueue(fn.name, fn.run.kind)),
    ...[...apiDestinations.keys()].map(apiDestinationQueue),
    ...queues.keys(),
  ];
  return names.map(declarationOf);
}
