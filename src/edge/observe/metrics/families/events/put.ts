import type { Registry } from "prom-client";
import { Counter, Histogram } from "prom-client";
import { PUT_BUCKETS_SECONDS } from "../../buckets.ts";

/** Of put requests. With `ruleMetrics`, `busbar_events_matched_total` has a label for the rule. */
export function putMetrics(registry: Registry, ruleMetrics: boolean) {
  const registers = [registry];
  return {
    putRequests: new Counter({
      name: "busbar_put_events_requests_total",
      help: "Put requests, by what became of them.",
      labelNames: ["outcome"] as const,
      registers,
    }),
    requestsRefused: new Counter({
      name: "busbar_requests_refused_total",
      help: "Requests to the public port that were refused as a whole, by why.",
      labelNames: ["reason"] as const,
      registers,
    }),
    putEntries: new Counter({
      name: "busbar_put_events_entries_total",
      help: "Entries of put requests, by the bus they were for and what became of them.",
      labelNames: ["bus", "outcome"] as const,
      registers,
    }),
    putSeconds: new Histogram({
      name: "busbar_put_events_duration_seconds",
      help: "How long a put request took that was not throttled.",
      buckets: PUT_BUCKETS_SECONDS,
      registers,
    }),
    eventsMatched: new Counter<"bus" | "rule">({
      name: "busbar_events_matched_total",
      help: "How often events on a bus matched a rule.",
      labelNames: ruleMetrics ? ["bus", "rule"] : ["bus"],
      registers,
    }),
    eventsUnmatched: new Counter({
      name: "busbar_events_unmatched_total",
      help: "Events on a bus that matched no rule.",
      labelNames: ["bus"] as const,
      registers,
    }),
    deliveriesPublished: new Counter({
      name: "busbar_deliveries_published_total",
      help: "Messages stored for the targets of rules that events matched.",
      labelNames: ["target_kind"] as const,
      registers,
    }),
    limitsExceeded: new Counter({
      name: "busbar_limits_exceeded_total",
      help: "Times that something from outside was refused because of a limit of this router.",
      labelNames: ["limit"] as const,
      registers,
    }),
  };
}
