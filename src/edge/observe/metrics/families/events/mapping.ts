import type { Registry } from "prom-client";
import { Counter, Histogram } from "prom-client";
import { askedGauge } from "../../asked-gauge.ts";
import { INVOCATION_BUCKETS_SECONDS } from "../../buckets.ts";

/** What is asked for at each scrape. */
export interface MappingGauges {
  /** Calls in flight, by mapping. */
  readonly mappingCalls: () => ReadonlyMap<string, number>;
  /** How long ago the oldest record of a stream was accepted that is not finished, in seconds, by mapping. */
  readonly mappingAges: () => ReadonlyMap<string, number>;
}

/** Of event source mappings. */
export function mappingMetrics(registry: Registry, { mappingCalls, mappingAges }: MappingGauges) {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> =>
    new Counter({ name, help, labelNames, registers });
  askedGauge(registry, {
    label: "mapping",
    name: "busbar_mapping_calls_in_flight",
    help: "Batches that this router waits for its function to handle.",
    ask: mappingCalls,
  });
  askedGauge(registry, {
    label: "mapping",
    name: "busbar_mapping_iterator_age_seconds",
    help: "How long ago the oldest record of a stream was accepted that this router has read and not finished: 0 where all are, or where another one reads.",
    ask: mappingAges,
  });
  return {
    mappingRecords: counter("busbar_mapping_records_read_total", "Records that came from the source.", ["mapping"]),
    mappingFiltered: counter(
      "busbar_mapping_records_filtered_total",
      "Records that fit no filter: nobody is called with them.",
      ["mapping"],
    ),
    mappingFailures: counter("busbar_mapping_records_failed_total", "Records that failed and come again.", ["mapping"]),
    mappingGivenUp: counter(
      "busbar_mapping_records_given_up_total",
      "Records of a stream that are not called with again.",
      ["mapping", "condition"],
    ),
    mappingBatches: counter(
      "busbar_mapping_batches_total",
      "Batches that a function was called with, by what came of it.",
      ["mapping", "outcome"],
    ),
    mappingBatchSeconds: new Histogram({
      name: "busbar_mapping_batch_duration_seconds",
      help: "How long the function took with a batch, calls that were made again included.",
      labelNames: ["mapping"] as const,
      buckets: INVOCATION_BUCKETS_SECONDS,
      registers,
    }),
  };
}
