import type {
  ConfigurationAnswer,
  ConfigurationListAnswer,
} from "../../../src/admin-api/configuration/configurations.ts";
import type {
  ListedRouter,
  RouterHistoryAnswer,
  RouterListAnswer,
} from "../../../src/admin-api/configuration/routers.ts";
import { HOSTILE, NOW_MS } from "./console-answers.ts";

/** Three routers for the tests of the page: two run different configurations, and one is silent. */

const MINUTE_MS = 60_000;

function routerOf(id: string, digest: string, changes: Partial<ListedRouter> = {}): ListedRouter {
  return {
    id,
    version: "0.1.0",
    startedAtMs: NOW_MS - 180 * MINUTE_MS,
    configuration: { digest, sinceMs: NOW_MS - 20 * MINUTE_MS, rules: 42 },
    broker: "connected",
    ready: true,
    puts: { admitted: 10_000, waiting: 12 },
    bytesInFlight: { used: 81_920, max: 268_435_456 },
    eventLoopLagMs: 1.2,
    cpu: 0.31,
    rssBytes: 154_140_672,
    taps: 1,
    journalLost: 0,
    countedMs: 10_000,
    counts: { accepted: 812, matched: 790, unmatched: 22, delivered: 1_580, failing: 9 },
    destinationCount: 3,
    destinations: [
      {
        destination: "api-destination/crm",
        circuit: "open",
        circuitSinceMs: NOW_MS - MINUTE_MS,
        cause: HOSTILE,
        paused: false,
        callsInFlight: 2,
        delivered: 0,
        failing: 9,
      },
    ],
    destinationsLeftOut: 0,
    seenAtMs: NOW_MS,
    silent: false,
    ...changes,
  };
}

export const ROUTERS: RouterListAnswer = {
  nowMs: NOW_MS,
  routers: [
    routerOf("busbar-7f9c-x1:1", "9f86d081884c7d65"),
    routerOf("busbar-7f9c-x2:1", "60303ae22b998861", { destinations: [] }),
    routerOf("busbar-7f9c-x3:1", "9f86d081884c7d65", { silent: true, seenAtMs: NOW_MS - 2 * MINUTE_MS }),
  ],
};

/** Fewer events than the journal has. */
export const ROUTER_HISTORY: RouterHistoryAnswer = {
  stepMs: 10_000,
  steps: [{ atMs: NOW_MS - MINUTE_MS, accepted: 9, matched: 7, unmatched: 2, delivered: 5, failing: 1 }],
};

const facts = (digest: string) => ({ digest, rules: 42, destinations: 3, bytes: 9_000 });
const inForce = (sinceMs: number) => [{ router: "busbar-7f9c-x1:1", sinceMs, untilMs: NOW_MS }];

export const CONFIGURATIONS: ConfigurationListAnswer = {
  configurations: [
    { ...facts("9f86d081884c7d65"), hasDocument: true, inForce: inForce(NOW_MS - 20 * MINUTE_MS) },
    { ...facts("60303ae22b998861"), hasDocument: true, inForce: inForce(NOW_MS - 90 * MINUTE_MS) },
  ],
};

const withTotal = (total: number) => ({
  "default/big-orders": { eventPattern: { detail: { total: [{ numeric: [">=", total] }] } }, targets: {} },
});

/** By their digests. */
export const CONFIGURATION_DOCUMENTS: Readonly<Record<string, ConfigurationAnswer>> = {
  "9f86d081884c7d65": {
    ...facts("9f86d081884c7d65"),
    document: { rules: withTotal(1_000), queues: { [HOSTILE]: {} } },
  },
  "60303ae22b998861": { ...facts("60303ae22b998861"), document: { rules: withTotal(100), functions: { old: {} } } },
};
