import type { KeptEntry } from "../../domain/schedule/kept/kept-entry.ts";
import type { Schedule } from "../../domain/schedule/schedule.ts";

/** When a schedule was fired last, in epoch milliseconds. */
export interface LastFired {
  readonly dueMs: number;
  /** When it was stored for its target. */
  readonly firedAtMs: number;
}

/** A schedule of the store, by its key, and how a configuration file would have it. */
export interface StoredEntry {
  readonly key: string;
  readonly written: KeptEntry;
}

/** A page of what the store has. One may be short, or empty, though there are more: values are large, and some cannot be read. */
export interface StoredPage<Item> {
  readonly items: readonly Item[];
  /** The key of the last one that was read, where there are more. */
  readonly next?: string;
}

/** What is known of schedules besides their configuration. */
export interface Schedules {
  /** Undefined when this router has not heard of any since it started. */
  lastFired(schedule: string): LastFired | undefined;
  /** A schedule of the store, by its key `GROUP/NAME`. Rejects with StoreError, as the next does. */
  kept(key: string): Promise<Schedule | undefined>;
  /** Those of the store behind a key, in the order of their keys. What another version wrote is left out. */
  keptAfter(key: string, limit: number): Promise<StoredPage<Schedule>>;
  /** The same, as configuration files would have them. */
  entriesAfter(key: string, limit: number): Promise<StoredPage<StoredEntry>>;
}
