import { isDeepStrictEqual } from "node:util";
import type { Config } from "../../domain/config.ts";
import type { Mapping } from "../../domain/mapping/mapping.ts";
import { isOfStream } from "../../domain/mapping/mapping.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { MappingStatus, MappingStatuses } from "../../ports/admin/mappings.ts";
import type { Callees } from "../functions/callees.ts";
import { LastResults } from "./last-results.ts";
import type { QueueMappingDeps } from "./queue-mapping.ts";
import { QueueMapping } from "./queue-mapping.ts";
import type { BatchReaderOptions } from "./batch-reader.ts";
import type { StreamMappingOptions } from "./stream/stream-mapping.ts";
import { StreamMapping } from "./stream/stream-mapping.ts";
import type { StreamPartitionDeps } from "./stream/stream-partition.ts";

export interface MappingsDeps extends Omit<QueueMappingDeps & StreamPartitionDeps, "callee"> {
  readonly callees: Callees;
}

type ReadingOptions = BatchReaderOptions | StreamMappingOptions;

interface Running {
  readonly options: ReadingOptions;
  readonly mapping: QueueMapping | StreamMapping;
}

/** The event source mappings that this router reads for. */
export class Mappings implements MappingStatuses {
  readonly #deps: MappingsDeps;
  readonly #running = new Map<string, Running>();
  /** Mappings that finish their calls. */
  readonly #ending = new Set<Promise<void>>();
  readonly #results: LastResults;
  /** By name, those in force. */
  #known: Config["mappings"] = new Map();
  #isStopped = false;

  constructor(deps: MappingsDeps) {
    this.#deps = deps;
    this.#results = new LastResults(deps.nowMs);
    deps.callees.onChange((label) => {
      for (const { options, mapping } of this.#running.values()) {
        if (labelOf(options) === label) mapping.apply();
      }
    });
  }

  /** Reads for what another configuration has. One that is read in another way begins anew, while its calls in flight end. */
  follow(config: Config): void {
    if (this.#isStopped) return;
    this.#known = config.mappings;
    this.#results.keep(this.#known);
    const wanted = wantedBy(config);
    for (const [name, { options }] of this.#running) {
      if (!isDeepStrictEqual(wanted.get(name), options)) this.#end(name);
    }
    for (const [name, options] of wanted) if (!this.#running.has(name)) this.#begin(name, options);
  }

  mappingStatus(name: string): MappingStatus {
    const lastResult = this.#results.of(name);
    const oldestRecordAgeMs = this.#results.oldestRecordAgeMs(name);
    const options = this.#running.get(name)?.options;
    const isReading = options !== undefined && this.#deps.callees.find(labelOf(options))?.mayBeCalled === true;
    const isEnabled = this.#known.get(name)?.isEnabled !== false;
    return {
      state: isReading ? "reading" : isEnabled ? "waiting" : "disabled",
      callsInFlight: this.#results.callsOf(name),
      ...(oldestRecordAgeMs === undefined ? {} : { oldestRecordAgeMs }),
      ...(lastResult === undefined ? {} : { lastResult }),
    };
  }

  /** Reads no more, and waits for the calls in flight. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const name of this.#running.keys()) this.#end(name);
    await Promise.all(this.#ending);
  }

  #begin(name: string, options: ReadingOptions): void {
    const observer = this.#results.besides(this.#deps.observer);
    const deps = { ...this.#deps, observer, callee: () => this.#deps.callees.find(labelOf(options)) };
    const mapping = "queue" in options ? new QueueMapping(options, deps) : new StreamMapping(options, deps);
    this.#running.set(name, { options, mapping });
    mapping.start();
  }

  #end(name: string): void {
    const ending = this.#running.get(name)?.mapping.stop();
    this.#running.delete(name);
    if (ending === undefined) return;
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }
}

function labelOf({ mapping }: ReadingOptions): string {
  return destinationLabel({ kind: "function", name: mapping.functionName });
}

function wantedBy(config: Config): ReadonlyMap<string, ReadingOptions> {
  const wanted = [...config.mappings.values()].flatMap((mapping) => {
    const options = optionsOf(mapping, config);
    return options === undefined ? [] : [[mapping.name, options] as const];
  });
  return new Map(wanted);
}

/** Undefined for one that is not read. */
function optionsOf(mapping: Mapping, { queues, streams, functions }: Config): ReadingOptions | undefined {
  const { timeoutSeconds, reservedConcurrency } = functions.get(mapping.functionName) ?? {};
  // What is switched off by a reserved concurrency of 0 is not called: its records wait.
  if (!mapping.isEnabled || timeoutSeconds === undefined || reservedConcurrency === 0) return undefined;
  if (isOfStream(mapping)) {
    const stream = streams.get(mapping.source.stream);
    return stream && { mapping, stream };
  }
  const queue = queues.get(mapping.source.queue);
  return queue && { mapping, queue, timeoutSeconds };
}
