import type { MappingObserver } from "../../../ports/observer.ts";
import { LEFT_OUTCOME } from "../../../domain/mapping/batch-fact.ts";
import { outcomeName } from "../../../domain/failure/outcome.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { InFlightCounts } from "./calls/in-flight-counts.ts";
import type { LabelValues } from "./label-values.ts";
import { known } from "./label-values.ts";
import type { MappingNumbers } from "./mapping-numbers.ts";

interface MappingCountsDeps {
  readonly metrics: Metrics;
  readonly names: () => LabelValues;
  /** Calls in flight by function. */
  readonly inFlight: InFlightCounts;
  readonly mappings: MappingNumbers;
}

/** Makes the metrics of event source mappings. Their calls are calls of the function too. */
export function createMappingCounts({ metrics, names, inFlight, mappings }: MappingCountsDeps): MappingObserver {
  const count = ({ mapping, functionName }: { mapping: string; functionName: string }, change: 1 | -1): void => {
    inFlight.add(functionName, change);
    mappings.calls.add(mapping, change);
  };
  return {
    mappingRead: ({ mapping: name, records, filtered }) => {
      const labels = { mapping: known(name, names().mappings) };
      metrics.mappingRecords.inc(labels, records);
      metrics.mappingFiltered.inc(labels, filtered);
    },
    mappingReading: (fact) => mappings.lags.reading(fact),
    mappingProgress: (fact) => mappings.lags.progress(fact),
    mappingGaveUp: ({ mapping: name, records, condition }) =>
      metrics.mappingGivenUp.inc({ mapping: known(name, names().mappings), condition }, records),
    mappingBatchStarted: (batch) => count(batch, 1),
    mappingBatchEnded: (batch, fact) => {
      count(batch, -1);
      const mapping = known(batch.mapping, names().mappings);
      const outcome = fact === undefined ? LEFT_OUTCOME : outcomeName(fact.outcome);
      metrics.mappingBatches.inc({ mapping, outcome });
      metrics.mappingFailures.inc({ mapping }, fact?.failed ?? batch.records);
      if (fact === undefined) return;
      const seconds = Math.max(0, (fact.endedAtMs - fact.startedAtMs) / 1_000);
      metrics.mappingBatchSeconds.observe({ mapping }, seconds);
      const labels = { function: known(batch.functionName, names().functions) };
      metrics.invocationSeconds.observe({ labels, value: seconds });
    },
  };
}
