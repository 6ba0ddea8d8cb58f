import type { MappingListAnswer } from "../../../src/admin-api/configuration/mappings.ts";
import type { Happening } from "../../../src/admin-api/history/happenings.ts";

/** Event source mappings for the tests of the page: one of a file, one of the API whose last batch failed, one of a stream. */
const ALL: MappingListAnswer["mappings"] = [
  {
    name: "orders-to-shipper",
    uuid: "6b0fdd2f-4c3a-8f21-9d2e-0a1b2c3d4e5f",
    place: "config/functions.yaml:57:3",
    description: "Ships what was ordered",
    source: { kind: "queue", name: "failed-orders" },
    function: "order-processor",
    format: "sqs",
    batchSize: 10,
    maximumBatchingWindowInSeconds: 0,
    reportBatchItemFailures: true,
    filters: ['{"body":{"kind":["order"]}}'],
    state: "reading",
    callsInFlight: 2,
    lastResult: { atMs: Date.now() - 4_000, records: 7, failed: 0, outcome: "success" },
  },
  {
    name: "0d1c9a52-6f0e-4b5d-8a77-2f5d0c7be911",
    uuid: "0d1c9a52-6f0e-4b5d-8a77-2f5d0c7be911",
    source: { kind: "queue", name: "audit-log" },
    function: "notifier",
    format: "sqs",
    batchSize: 100,
    maximumBatchingWindowInSeconds: 5,
    reportBatchItemFailures: false,
    filters: [],
    maximumConcurrency: 5,
    state: "waiting",
    callsInFlight: 0,
    lastResult: { atMs: Date.now() - 60_000, records: 100, failed: 100, outcome: "timeout" },
  },
  {
    name: "clicks-to-count",
    uuid: "d1f0a3b2-7c55-8e10-a0a1-3f2e1d0c9b8a",
    place: "config/functions.yaml:64:3",
    source: { kind: "stream", name: "clicks" },
    function: "notifier",
    format: "kinesis",
    batchSize: 100,
    maximumBatchingWindowInSeconds: 0,
    reportBatchItemFailures: false,
    filters: [],
    stream: {
      startingPosition: "TRIM_HORIZON",
      parallelizationFactor: 4,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 10,
      maximumRecordAgeInSeconds: -1,
      tumblingWindowInSeconds: 0,
      onFailure: "failed-orders",
    },
    state: "disabled",
    callsInFlight: 0,
    oldestRecordAgeMs: 190_000,
  },
];

/** All of them, or one by its name. */
export function mappingPage(query: URLSearchParams): MappingListAnswer {
  const wanted = query.get("mapping");
  return { mappings: ALL.filter(({ name }) => wanted === null || name === wanted) };
}

const NOW_MS = Date.now();

const CALL: Happening<"batch"> = {
  kind: "batch",
  atMs: NOW_MS - 4_000,
  router: "router-7f9c",
  mapping: "orders-to-shipper",
  function: "order-processor",
  source: "queue/failed-orders",
  requestId: "5f0a6f4e-0c39-8d1b-8f6e-1a2b3c4d5e6f",
  startedAtMs: NOW_MS - 4_250,
  records: 2,
  failed: 0,
  outcome: "success",
  recordIds: ["message-1", "message-2"],
  failedIds: [],
};

/** One whose records were all done, and one before it with a record that failed, and more of them than the journal names. */
export const CALLS: readonly Happening<"batch">[] = [
  CALL,
  {
    ...CALL,
    atMs: NOW_MS - 60_000,
    startedAtMs: NOW_MS - 61_200,
    requestId: "77c1d2b0-91aa-8f03-9a51-6e5d4c3b2a10",
    records: 250,
    failed: 1,
    failure: { reason: "function_error", message: "<b>no such customer</b>" },
    outcome: "function_error",
    recordIds: Array.from({ length: 100 }, (_, index) => `message-${index + 1}`),
    failedIds: ["message-2"],
  },
];
