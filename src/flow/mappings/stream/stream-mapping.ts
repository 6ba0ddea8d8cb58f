import type { StreamConfig } from "../../../domain/stream/stream.ts";
import { partitionNames } from "../../../domain/stream/stream.ts";
import type { MappingOf, StreamSource } from "../../../domain/mapping/mapping.ts";
import type { StreamPartitionDeps } from "./stream-partition.ts";
import { StreamPartition } from "./stream-partition.ts";

/** What a mapping reads, and how. */
export interface StreamMappingOptions {
  readonly mapping: MappingOf<StreamSource>;
  readonly stream: StreamConfig;
}

/** Reads a stream on this router: those of its partitions whose lease the router has. */
export class StreamMapping {
  readonly #partitions: readonly StreamPartition[];

  constructor({ mapping, stream }: StreamMappingOptions, deps: StreamPartitionDeps) {
    const { identity } = deps;
    this.#partitions = partitionNames(stream).map((partition, at) => {
      const origin = { identity, stream: stream.name, partition: at };
      return new StreamPartition({ mapping, origin, partition }, deps);
    });
  }

  start(): void {
    for (const partition of this.#partitions) partition.start();
  }

  /** To be called when the function may be called by now. */
  apply(): void {
    for (const partition of this.#partitions) partition.apply();
  }

  /** Gives its leases to other routers, once the calls in flight have ended. Never rejects. */
  async stop(): Promise<void> {
    await Promise.all(this.#partitions.map((partition) => partition.stop()));
  }
}
