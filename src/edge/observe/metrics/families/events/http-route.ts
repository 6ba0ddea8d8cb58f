import type { Registry } from "prom-client";
import { Counter, Histogram } from "prom-client";
import { INVOCATION_BUCKETS_SECONDS } from "../../buckets.ts";

/** Of HTTP routes and functions' URLs. */
export function httpRouteMetrics(registry: Registry) {
  const registers = [registry];
  return {
    httpRequests: new Counter({
      name: "busbar_http_requests_total",
      help: "Requests to HTTP routes and functions' URLs, by the first digit of their answers' status.",
      labelNames: ["route", "status"] as const,
      registers,
    }),
    httpRequestSeconds: new Histogram({
      name: "busbar_http_request_duration_seconds",
      help: "How long a request to an HTTP route or a function's URL took, from its header to the end of its answer.",
      labelNames: ["route"] as const,
      buckets: INVOCATION_BUCKETS_SECONDS,
      registers,
    }),
  };
}
