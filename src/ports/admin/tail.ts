import type { TapLoss, TapRequest } from "../../domain/tap/tap.ts";

/** An event as a live tail shows it. */
export interface TailedEvent {
  readonly id: string;
  /** When a router accepted it, in epoch milliseconds. */
  readonly atMs: number;
  readonly bus: string;
  readonly source: string;
  readonly type: string;
  readonly bytes: number;
  /** The rules that it matched, as `bus/name`. */
  readonly rules: readonly string[];
  /** Its JSON after redaction, where the tail shows events whole and it has 16 KiB at most. */
  readonly body?: string;
}

/** What one router saw since its frame before. */
export interface TailFrame {
  readonly events: readonly TailedEvent[];
  /** Events on the bus. */
  readonly seen: number;
  /** Those of them that fit the pattern. */
  readonly matching: number;
  /** Those of them that the pattern was not tried on: there was no time, or it would have taken too many steps. */
  readonly passedOver: number;
  /** Those that fit and are among `events`. */
  readonly shown: number;
}

/** Events of all routers as they are accepted. */
export interface LiveTail {
  /**
   * Asks all routers for the events that fit, until the tail is closed.
   *
   * @param onFrame called with what one router saw. It returns false when its reader cannot keep up: the frame's events are
   *   lost then, and its counts are added to those of the next.
   * @returns `full` where there are as many taps as there may be.
   * @throws RangeError when the pattern is wrong: `readTapPattern` says how.
   */
  open(request: TapRequest, onFrame: (frame: TailFrame) => boolean): OpenTail | "full";
}

export interface OpenTail {
  close(): void;
}

/** Hears of taps on this router. */
export interface TapObserver {
  /** There are so many taps now. */
  taps(count: number): void;
  tapEventsLost(reason: TapLoss, count: number): void;
}
