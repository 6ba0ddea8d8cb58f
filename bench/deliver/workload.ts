/** What the subjects are given to do, the same for all of them. */
export interface Workload {
  /** Rules on the bus, of which one matches every event and no other does. */
  readonly rules: number;
  /** Functions that every event goes to. */
  readonly fanOut: number;
  /** UTF-8 bytes of an event's detail. */
  readonly detailBytes: number;
  /** Entries that are put in one request, unless they are too many bytes. */
  readonly entries: number;
}

/** Calls in flight to each function, the same for all subjects. */
export const CONCURRENCY = 50;

/** What EventBridge, and Busbar, take in one request, less some room for sources and detail types. */
const REQUEST_BYTES_MAX = 1_048_576 - 1_024;

/** Entries in one request: as many as are wanted, or fewer where those would be too many bytes. */
export function batchOf({ detailBytes, entries }: Workload): number {
  return Math.max(1, Math.min(entries, Math.floor(REQUEST_BYTES_MAX / detailBytes)));
}

/** The detail of an event that is put now, in JSON, as many bytes as are wanted or as a request takes. */
export function detailOf({ detailBytes }: Workload, putAtMs: number): string {
  const bare = JSON.stringify({ putAtMs, kind: "one", padding: "" });
  const padding = "x".repeat(Math.max(0, Math.min(detailBytes, REQUEST_BYTES_MAX) - bare.length));
  return JSON.stringify({ putAtMs, kind: "one", padding });
}
