import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";

/** Of what this router writes down for people. */
export function journalMetrics(registry: Registry) {
  const registers = [registry];
  return {
    journalRecords: new Counter({
      name: "busbar_journal_records_total",
      help: "Records that the journal holds now or held, by kind.",
      labelNames: ["kind"] as const,
      registers,
    }),
    journalLost: new Counter({
      name: "busbar_journal_records_lost_total",
      help: "Records that were not written: one of many successes, refused by the broker, or too many at once.",
      labelNames: ["kind", "reason"] as const,
      registers,
    }),
    journalBytes: new Counter({
      name: "busbar_journal_bytes_total",
      help: "Bytes that were written to the journal.",
      registers,
    }),
    journalOneIn: new Gauge({
      name: "busbar_journal_one_in",
      help: "One in so many events is recorded as long as it succeeds; 1 for all of them.",
      registers,
    }),
  };
}
