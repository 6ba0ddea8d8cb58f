import { RECORD_KINDS } from "../../../domain/journal/records.ts";
import type { JournalOptions } from "../../journal/journal.ts";
import { JOURNAL_LOSSES } from "../../journal/journal.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** Counts what the journal wrote and what it left out. */
export function createJournalCounts(
  metrics: Metrics,
  router: { journalLost: number },
): Pick<JournalOptions, "onStored" | "onLost" | "onSampling"> {
  metrics.journalOneIn.set(1);
  for (const kind of RECORD_KINDS) {
    metrics.journalRecords.inc({ kind }, 0);
    for (const reason of JOURNAL_LOSSES) metrics.journalLost.inc({ kind, reason }, 0);
  }
  return {
    onStored: (counts, bytes) => {
      metrics.journalBytes.inc(bytes);
      for (const [kind, count] of counts) metrics.journalRecords.inc({ kind }, count);
    },
    onLost: (reason, counts) => {
      for (const [kind, count] of counts) {
        metrics.journalLost.inc({ kind, reason }, count);
        router.journalLost += count;
      }
    },
    onSampling: (oneIn) => metrics.journalOneIn.set(oneIn),
  };
}
