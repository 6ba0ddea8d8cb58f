import { MappingLags } from "../../../domain/mapping/mapping-lags.ts";
import type { MappingGauges } from "../metrics/families/events/mapping.ts";
import { InFlightCounts } from "./calls/in-flight-counts.ts";

/** How event source mappings are at the moment: their calls in flight, and how far they lag behind. */
export class MappingNumbers {
  readonly calls = new InFlightCounts();
  readonly lags: MappingLags;

  /** @param nowMs epoch milliseconds. */
  constructor(nowMs: () => number) {
    this.lags = new MappingLags(nowMs);
  }

  /** @param names of the mappings that are configured. */
  gauges(names: () => Iterable<string>): MappingGauges {
    return { mappingCalls: () => this.calls.of(names()), mappingAges: () => this.lags.secondsOf(names()) };
  }
}
