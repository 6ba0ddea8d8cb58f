import type { RouterStatus, StatusCounts } from "../../domain/status/router-status.ts";

/** A router as another one knows it. */
export interface KnownRouter extends RouterStatus {
  /** When its last status came, in epoch milliseconds of the router that answers. */
  readonly seenAtMs: number;
  /** Whether three statuses in a row are missing. */
  readonly silent: boolean;
}

/** What went on at all routers within 10 s. */
export interface StatusStep extends StatusCounts {
  readonly atMs: number;
}

/** The routers at one broker, as one of them knows them. */
export interface Routers {
  /** By their ids, the answering one among them. One that was silent for 10 minutes is left out. */
  list(): readonly KnownRouter[];
  /** The last hour, the oldest first. Steps in which nothing was heard are left out. */
  lastHour(): readonly StatusStep[];
}

/** Hears of the routers at the broker. */
export interface RoutersObserver {
  /** So many routers are known, and so many of them are silent. */
  routersKnown(live: number, silent: number): void;
  /** The broker did not take this router's status. */
  statusLost(): void;
}
