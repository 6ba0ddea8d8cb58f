import type { EventOutcome } from "./history.ts";

/** Which part of a list. Times are epoch milliseconds and belong to the range. */
export interface PageFilter {
  readonly from?: number;
  readonly to?: number;
  /** How many rows; 100 initially, 1,000 at most. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly before?: string;
}

export interface EventFilter extends PageFilter {
  readonly id?: string;
  readonly bus?: string;
  readonly source?: string;
  readonly type?: string;
  readonly rule?: string;
  /** Where one of its rules' deliveries goes. */
  readonly destination?: string;
  readonly outcome?: EventOutcome;
  /** An indexed field and its value: `detail.orderId:o-1`. */
  readonly field?: string;
}

/** The newest events of a bus whose JSON is kept. */
export interface EventBodyFilter extends PageFilter {
  readonly bus: string;
}

export interface AttemptFilter extends PageFilter {
  readonly destination?: string;
  /** Without it every attempt of the segments in question is read: some tenths of a second for each million. */
  readonly failedOnly?: boolean;
}

export interface LetterFilter extends PageFilter {
  readonly queue?: string;
  readonly destination?: string;
  readonly reason?: string;
}

export interface HappeningFilter extends PageFilter {
  /** A circuit's or pause's destination, an audit's action, an output's function, a purge's, redrive's or job's queue, a batch's mapping. */
  readonly subject?: string;
  /** Who did it, of an audit. */
  readonly principal?: string;
  /** A record of a batch. */
  readonly record?: string;
}

/** The time that a summary is of, both ends included, and the length of its steps. */
export interface SummaryRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}
