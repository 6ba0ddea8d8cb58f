import type { RouterStatus } from "../../../src/domain/status/router-status.ts";

/** What a router without anything to do says of itself. */
export function statusOf(id: string, changes: Partial<RouterStatus> = {}): RouterStatus {
  return {
    id,
    version: "0.1.0",
    startedAtMs: 1_000,
    configuration: { digest: "0123456789abcdef", sinceMs: 1_000, rules: 3 },
    broker: "connected",
    ready: true,
    puts: { admitted: 10_000, waiting: 0 },
    bytesInFlight: { used: 0, max: 1_000 },
    eventLoopLagMs: 0.5,
    cpu: 0.02,
    rssBytes: 100,
    taps: 0,
    journalLost: 0,
    countedMs: 10_000,
    counts: { accepted: 5, matched: 3, unmatched: 2, delivered: 4, failing: 1 },
    destinationCount: 1,
    destinations: [],
    destinationsLeftOut: 0,
    ...changes,
  };
}
