/** What the subjects are given to do, the same for all of them. */
export interface Workload {
  /** Rules on the bus, of which one matches every event and no other does. */
  readonly rules: number;
  /** Functions that every event goes to. */
  readonly fanOut: number;
  /** UTF-8 bytes of an event's detail. */
  readonly detailBytes: number;
}

/** Calls in flight to each function, the same for all subjects. */
export const CONCURRENCY = 50;

/** What EventBridge, and Busbar, take in one request, less some room for sources and detail types. */
const REQUEST_BYTES_MAX = 1_048_576 - 1_024;

const BATCH_MAX = 10;

/** Entries in one request: ten, or fewer where ten would be too many bytes. */
export function batchOf({ detailBytes }: Workload): number {
  return Math.max(1, Math.min(BATCH_MAX, Math.floor(REQUEST_BYTES_MAX / detailBytes)));
}

/** The detail of an event that is put now, in JSON, as many bytes as are wanted or as a request takes. */
export function detailOf({ detailBytes }: Workload, putAtMs: number): string {
  const bare = JSON.stringify({ putAtMs, kind: "one", padding: "" });
  const padding = "x".repeat(Math.max(0, Math.min(detailBytes, REQUEST_BYTES_MAX) - bare.length));
  return JSON.stringify({ putAtMs, kind: "one", padding });
}
