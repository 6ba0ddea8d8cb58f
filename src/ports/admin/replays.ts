import type { LeftOut } from "../../domain/replay/replay.ts";
import type { ReplayOrder } from "../../domain/replay/replay.ts";

/** What a replay would do, as far as the archive was read. */
export interface ReplayCount {
  /** Events of the window. */
  readonly events: number;
  /** How many events were read of the archive, those of other times included. */
  readonly looked: number;
  /** `time`: the archive is so long that it was not read to its end. */
  readonly end: "finished" | "time";
  /** How many of the events each rule would match, the most first; at most `COUNTED_RULES_MAX` rules. */
  readonly rules: readonly { readonly bus: string; readonly rule: string; readonly events: number }[];
  /** How many of the events no rule would match, or none of those that are named. */
  readonly unmatched: number;
  /** How many of the events cannot be put on the bus, by reason. */
  readonly unroutable: Readonly<Record<string, number>>;
  /**
   * Where only what is not delivered is asked for. Events that were delivered wherever they would go count here alone, and so do
   * those that have no other target than unknown ones, unless these are asked for too.
   */
  readonly leftOut?: LeftOut;
}

export const COUNTED_RULES_MAX = 1_000;

/** Says beforehand what replays would do. */
export interface ReplayCounts {
  /**
   * Reads the archive and holds its events against the rules, for 20 seconds at most. Where only what is not delivered is asked for, it
   * reads the journal too, and reads for eight seconds each time. Nothing is sent. Undefined where the broker has no such archive.
   *
   * Rejects with `CountRefused` when the journal cannot say what was delivered.
   */
  count(order: ReplayOrder): Promise<ReplayCount | undefined>;
}

/** The journal cannot say what was delivered: there is none, too much is in it, or it takes too long to read. */
export class CountRefused extends Error {
  override readonly name = "CountRefused";
}
