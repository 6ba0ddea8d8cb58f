import type { AttemptFacts } from "../../../domain/facts.ts";
import { isRecorded } from "../../../domain/facts.ts";
import { readTraceparent } from "../../../domain/event/trace.ts";

/** The label of an exemplar, which is none of the series'. */
export type ExemplarLabel = "trace_id";

/** What joins a figure with a trace. */
export interface Exemplar {
  readonly exemplarLabels: { readonly trace_id: string };
}

/** The exemplar of an attempt whose trace is recorded, here or by its caller: others lead to no trace that anybody kept. */
export function exemplarOf(facts: AttemptFacts): Exemplar | undefined {
  const { trace } = facts;
  const { traceparent } = facts.delivery;
  if (trace !== undefined) return isRecorded(facts) ? { exemplarLabels: { trace_id: trace.traceId } } : undefined;
  if (traceparent === undefined) return undefined;
  const position = readTraceparent(traceparent);
  return position?.isSampled === true ? { exemplarLabels: { trace_id: position.traceId } } : undefined;
}
