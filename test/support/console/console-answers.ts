import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import type { DeadLetterCountAnswer, ListedDeadLetter } from "../../../src/admin-api/queues/dead-letters.ts";
import type { EventExplanationAnswer } from "../../../src/admin-api/events/explain.ts";
import type { FunctionTestAnswer } from "../../../src/admin-api/destinations/function-tests.ts";
import type {
  AttemptWay,
  Coverage,
  DeliveryWay,
  EventListed,
  EventOutcome,
  EventWay,
  LetterGroups,
  Summary,
} from "../../../src/admin-api/history/history.ts";
import type { Happening } from "../../../src/admin-api/history/happenings.ts";
import { CALLS } from "./console-mappings.ts";

/** What the console's API may answer, the awkward included, for the tests of the page. */

export const NOW_MS = Date.now();
const ROUTER = "router-7f9c";
const MINUTE_MS = 60_000;

export const idOf = (number: number) => `0b0fcf2d-9f2c-4a4b-a27b-${String(number).padStart(12, "0")}`;

/** Text that would be markup, would reorder what is around it, or is half a character. */
export const HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \u202Eright to left\u202C \ud800 & \"'";

const OUTCOMES: readonly EventOutcome[] = ["failing", "delivered", "failed", "unmatched", "waiting"];

export const EVENTS: readonly EventListed[] = Array.from({ length: 1_000 }, (_, index) => ({
  id: idOf(index),
  atMs: NOW_MS - index * 1_700,
  bus: index % 7 === 3 ? "audit" : "default",
  source: "shop.checkout",
  type: index === 2 ? HOSTILE : ["OrderPlaced", "InventoryReservationForWarehouseExpired"][index % 2]!,
  bytes: 300 + index,
  router: ROUTER,
  rules: index % 5 === 3 ? [] : [{ bus: "default", rule: "big-orders" }],
  ruleCount: index % 5 === 3 ? 0 : 1,
  publishedCount: 3,
  letterCount: 0,
  outcome: OUTCOMES[index % 5]!,
}));

const NOTHING = { letters: [], redrives: [], records: [], parked: [], suspected: [] };
const ACCEPTED_MS = NOW_MS - 29 * MINUTE_MS;
const origin = (rule: string) => ({ bus: "default", rule, target: "target" });

function attempt(number: number, startedAtMs: number, callMs: number, changes: Partial<AttemptWay> = {}): AttemptWay {
  const atMs = startedAtMs + callMs;
  const same = { atMs, router: ROUTER, attempt: number, firstAtMs: ACCEPTED_MS, startedAtMs, callMs };
  return { ...same, invoked: true, verdict: "done", statusCode: 200, ...changes };
}

const refused = (number: number, afterMs: number, nextAfterMs: number) =>
  attempt(number, ACCEPTED_MS + afterMs, 900, {
    verdict: "retry",
    nextAtMs: ACCEPTED_MS + nextAfterMs,
    statusCode: 503,
    failure: { reason: "server_error", message: "https://crm.example.com/hooks/orders answered 503" },
    answer: HOSTILE,
  });

const DELIVERIES: readonly DeliveryWay[] = [
  {
    ...NOTHING,
    id: idOf(9_001),
    origin: origin("big-orders"),
    destination: "function/order-processor",
    state: "delivered",
    attempts: [attempt(1, ACCEPTED_MS + 6, 212)],
    records: [{ atMs: ACCEPTED_MS + 220, condition: "success", to: "function/notifier", id: idOf(9_002) }],
  },
  {
    ...NOTHING,
    id: idOf(9_002),
    destination: "function/notifier",
    parent: { deliveryId: idOf(9_001), condition: "success", atMs: ACCEPTED_MS + 220 },
    state: "delivered",
    attempts: [attempt(1, ACCEPTED_MS + 230, 18)],
  },
  {
    ...NOTHING,
    id: idOf(9_003),
    origin: origin("notify"),
    destination: "api-destination/crm",
    state: "failing",
    attempts: [refused(1, 8, 2_100), refused(2, 2_104, 70_000), refused(3, 70_003, 40 * MINUTE_MS)],
  },
  {
    ...NOTHING,
    id: idOf(9_004),
    origin: origin("audit"),
    destination: "function/audit-writer",
    state: "failed",
    attempts: [
      attempt(1, ACCEPTED_MS + 8, 30, {
        verdict: "failed",
        statusCode: 422,
        failure: { reason: "client_error", message: "http://audit:8080/ answered 422" },
      }),
    ],
    letters: [
      { atMs: ACCEPTED_MS + 40, router: ROUTER, queue: "failed-orders", reason: "client_error", cause: "attempt" },
    ],
  },
];

/** The way of an event by its number; of the first it is whole, and of the others short. */
export function wayOf(number: number): EventWay | undefined {
  const event = EVENTS[number];
  if (event === undefined) return undefined;
  const detail = number === 1 ? { blob: "x".repeat(210 * 1024) } : { orderId: "o-1", note: HOSTILE };
  const body = JSON.stringify({ id: event.id, "detail-type": event.type, source: event.source, detail });
  const deliveries = number === 0 || number === 4 ? DELIVERIES : number === 3 ? [] : DELIVERIES.slice(0, 2);
  const { outcome } = event;
  const known = { ...event, atMs: ACCEPTED_MS, publishedCount: deliveries.length };
  const digest = MET[number];
  const met = digest === undefined ? {} : { configuration: { digest, sinceMs: ACCEPTED_MS - MINUTE_MS } };
  return { id: event.id, event: known, ...met, outcome, deliveries, ...(outcome === "unmatched" ? {} : { body }) };
}

export const ATTEMPTS = DELIVERIES.flatMap(({ id, destination = "", attempts }) =>
  attempts.map((each) => ({ ...each, deliveryId: id, eventId: idOf(0), destination })),
);

export const GROUPS: LetterGroups = {
  groups: [
    {
      queue: "failed-orders",
      destination: "function/audit-writer",
      reason: "client_error",
      count: 1_204,
      oldestAtMs: NOW_MS - 20 * 60 * MINUTE_MS,
      newestAtMs: NOW_MS - MINUTE_MS,
    },
  ],
  isMore: true,
};

export const LETTERS: readonly ListedDeadLetter[] = Array.from({ length: 3 }, (_, index) => ({
  id: idOf(9_004 + index),
  eventId: idOf(0),
  time: new Date(NOW_MS - index * MINUTE_MS).toISOString(),
  rule: "default/audit",
  target: "target",
  destination: "function/audit-writer",
  errorCode: "INVALID_PARAMETER",
  errorMessage: HOSTILE,
  attempts: 1,
  redriven: index,
}));

export function countOf(selected: number): DeadLetterCountAnswer {
  return {
    looked: LETTERS.length,
    end: "finished",
    selected,
    errorCodes: { INVALID_PARAMETER: selected },
    unredrivable: {},
  };
}

const failure = { reason: "server_error", message: "https://crm.example.com/hooks/orders answered 503" };

export const HAPPENINGS: {
  readonly [Kind in "circuit" | "reload" | "audit" | "batch"]: readonly Happening<Kind>[];
} = {
  batch: CALLS,
  circuit: [
    {
      kind: "circuit",
      atMs: NOW_MS - 1,
      router: ROUTER,
      destination: "api-destination/crm",
      state: "open",
      failure: { ...failure, statusCode: 503 },
    },
  ],
  reload: [
    {
      kind: "reload",
      atMs: NOW_MS - 2,
      router: ROUTER,
      problems: ['rule "big-orders": target "crm": no such function'],
    },
    {
      kind: "reload",
      atMs: NOW_MS - 3 * 24 * 60 * MINUTE_MS,
      router: ROUTER,
      problems: [],
      rules: 42,
      digest: "9f86d081884c7d65",
    },
  ],
  audit: [
    {
      kind: "audit",
      atMs: NOW_MS - 3,
      router: ROUTER,
      action: "busbar:PauseDestination",
      resource: HOSTILE,
      from: "10.0.3.7",
      outcome: "denied",
    },
  ],
};

export const SUMMARY: Summary = {
  stepMs: MINUTE_MS,
  steps: Array.from({ length: 60 }, (_, index) => ({
    atMs: NOW_MS - (60 - index) * MINUTE_MS,
    accepted: 10_000 * index,
    unmatched: index % 3,
    delivered: 20_000 * index,
    failed: index % 9,
    letters: index % 2,
  })),
};

export const COVERAGE: Coverage = {
  bytes: 1_000,
  segments: 1,
  behindMs: 12_000,
  lostAtMs: NOW_MS - MINUTE_MS,
  unreadableFrames: 2,
  sampling: [{ router: ROUTER, oneIn: 8, sinceMs: NOW_MS - MINUTE_MS }],
};

export const EXPLANATION: EventExplanationAnswer = {
  configuration: "9f86d081884c7d65",
  bus: "default",
  matched: [],
  missed: [
    {
      bus: "default",
      rule: "huge-orders",
      state: "ENABLED",
      matched: false,
      misses: [
        {
          field: "detail.total",
          expected: ['{"numeric":[">=",1000]}'],
          found: [],
          hints: ["The event has detail.totl: did you mean that?"],
        },
      ],
      targets: [{ id: "fraud", kind: "function", name: "fraud-check" }],
    },
  ],
  leftOut: 3,
  onOtherBuses: ["audit/keep"],
};

/** By the configuration before, which had another rule, and which the event of number 1 met. */
export const FORMER_EXPLANATION: EventExplanationAnswer = {
  ...EXPLANATION,
  configuration: "60303ae22b998861",
  matched: [{ bus: "default", rule: "gone", state: "ENABLED", matched: true, misses: [], targets: [] }],
  missed: EXPLANATION.missed.map((rule) => ({ ...rule, rule: "big-orders" })),
};

/** The digests of the configurations that events met, by their numbers. The third is not kept. */
const MET: Readonly<Record<number, string>> = { 0: "9f86d081884c7d65", 1: "60303ae22b998861", 2: "0000000000000000" };

/** What a function of the page's test answered, hostile text included. */
export const FUNCTION_TEST: FunctionTestAnswer = {
  state: "ended",
  deliveryId: idOf(9_009),
  outcome: "success",
  message: HOSTILE,
  statusCode: 200,
  invoked: true,
  startedAtMs: NOW_MS,
  callMs: 212,
  response: JSON.stringify({ seen: HOSTILE }),
  responseBytes: 300_000,
  output: [
    { stream: "stdout", line: `looking at ${HOSTILE}` },
    { stream: "stderr", line: "and complaining" },
  ],
  outputLeftOut: 3,
};

/** One that somebody else started, and that goes on. */
export const JOB: JobAnswer = {
  id: idOf(7_001),
  kind: "redrive",
  queue: "failed-orders",
  filter: { errorCode: "INVALID_PARAMETER" },
  to: "target",
  ratePerSecond: 50,
  state: "running",
  looked: 300,
  left: 904,
  removed: 250,
  unredrivable: { target_gone: 3 },
  examples: [{ id: idOf(9_003), reason: "target_gone", message: HOSTILE }],
  firstIds: [idOf(9_003)],
  startedAt: new Date(NOW_MS - MINUTE_MS).toISOString(),
  startedBy: "eve",
  router: ROUTER,
};
