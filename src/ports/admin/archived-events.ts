/** An archived event, and which rules it matches now. */
export interface ArchivedMatch {
  readonly id: string;
  /** When it was accepted, in epoch milliseconds. */
  readonly atMs: number;
  /** Its JSON as it was archived. */
  readonly json: string;
  /** The rules of its bus, and of those that it goes on to, whose pattern and conditions it fits. */
  readonly rules: readonly { readonly bus: string; readonly rule: string }[];
}

/** The most that one answer has: some seconds of a router's time at worst, and what a command line can hold. */
export const ARCHIVED_EVENTS_MAX = 10_000;
export const ARCHIVED_BYTES_MAX = 8 * 1024 * 1024;

export interface ArchivedMatches {
  readonly events: readonly ArchivedMatch[];
  /** `finished`: these are all. Otherwise what ended it first; the earliest events are there. */
  readonly end: "finished" | "count" | "bytes" | "time";
  /** How many could not be matched, which are left out. */
  readonly unmatchable: number;
}

/** Reads archived events for somebody who compares rules. */
export interface ArchivedEvents {
  /**
   * Those that were accepted in a span of time, in epoch milliseconds, both ends included, in the order of storing. Undefined where the
   * broker has no such archive.
   */
  matches(
    archive: string,
    span: { readonly fromMs: number; readonly toMs: number },
  ): Promise<ArchivedMatches | undefined>;
}
