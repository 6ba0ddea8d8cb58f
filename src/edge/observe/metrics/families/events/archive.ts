import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";

/** Of archives. */
export function archiveMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ["archive"] as const;
  return {
    eventsArchived: new Counter({
      name: "busbar_events_archived_total",
      help: "Events that archives have stored.",
      labelNames,
      registers,
    }),
    archivedBytes: new Counter({
      name: "busbar_archived_bytes_total",
      help: "Bytes of the events that archives have stored.",
      labelNames,
      registers,
    }),
    archiveFailures: new Counter({
      name: "busbar_archive_failures_total",
      help: "Events that were not accepted because the broker did not store them in an archive.",
      labelNames,
      registers,
    }),
    archiveRefuses: new Gauge({
      name: "busbar_archive_refuses",
      help: "Whether an archive did not store the last event that it was to keep (1), or did (0).",
      labelNames,
      registers,
    }),
  };
}
