import type { Delivery } from "../../../domain/delivery/delivery.ts";
import { readTraceparent } from "../../../domain/event/trace.ts";

/** The label of an exemplar, which is none of the series'. */
export type ExemplarLabel = "trace_id";

/** What joins a figure with a trace. */
export interface Exemplar {
  readonly exemplarLabels: { readonly trace_id: string };
}

/** The exemplar of a delivery whose trace is sampled: others lead to no trace that anybody kept. */
export function exemplarOf({ traceparent }: Delivery): Exemplar | undefined {
  if (traceparent === undefined) return undefined;
  const position = readTraceparent(traceparent);
  return position?.isSampled === true ? { exemplarLabels: { trace_id: position.traceId } } : undefined;
}
