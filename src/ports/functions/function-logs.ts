import type { LinePlace } from "../../domain/logs/line-place.ts";
import type { FunctionLine } from "../../domain/logs/log-line.ts";
import type { JournalFrame } from "../journal.ts";

/** Where a reading of kept lines begins: frames from somewhat before a time, in epoch milliseconds, may come first. */
export type FramesStart =
  | { readonly kind: "oldest" }
  | { readonly kind: "time"; readonly atMs: number }
  /** The frame at this place, or the first one behind it that is kept. */
  | { readonly kind: "position"; readonly position: number };

/** Takes frames in their order, and says whether it wants the next ones. */
export type TakeFrames = (frames: readonly JournalFrame[]) => "more" | "enough";

/** Reads the frames of lines that all routers write. */
export interface LogFrames {
  /**
   * Hands over what is kept from a place on, and resolves at the end of that, or when it is enough.
   *
   * @throws Error when the broker is away or does not let them be read.
   */
  read(start: FramesStart, take: TakeFrames): Promise<void>;
  close(): Promise<void>;
}

/** A line as it is kept. */
export interface KeptLine extends Omit<FunctionLine, "callBytes" | "isLast"> {
  readonly place: LinePlace;
}

/** Which lines somebody wants to see. */
export interface LinesAsked {
  readonly functionName: string;
  /** Epoch milliseconds: the first and the last that count. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Asked once about each line of the function and the time. */
  readonly fits: (line: KeptLine) => boolean;
  readonly limit: number;
}

/** A page of lines from a place on. */
export interface LinesQuery extends LinesAsked {
  /** Where to go on; undefined for where `sinceMs` is. */
  readonly from?: LinePlace;
}

export interface LinesPage {
  /** By their times. */
  readonly lines: readonly KeptLine[];
  /** Where to go on, also for lines that are not written yet; undefined where nothing was read. */
  readonly next: LinePlace | undefined;
  /** Whether there was nothing behind it when it was read. */
  readonly isAtEnd: boolean;
}

/** The last lines before a place. */
export interface LastLinesQuery extends LinesAsked {
  /** The lines at this place and behind it do not count; undefined for the newest. */
  readonly before?: LinePlace;
  /** About when the last of them was written, in epoch milliseconds: that is where they are looked for first. */
  readonly nearMs: number;
}

export interface LastLinesPage {
  /** By their times. */
  readonly lines: readonly KeptLine[];
  /** Where earlier lines are looked for; undefined where nothing was read. */
  readonly before: LinePlace | undefined;
  readonly nearMs: number;
  /** Where later lines begin; undefined where nothing was read. */
  readonly next: LinePlace | undefined;
  /** Whether no earlier line was left out when they were read. */
  readonly isAtBeginning: boolean;
}

/** Reads the lines that functions have written, on all routers. */
export interface FunctionLines {
  /** Whether lines are kept. */
  readonly isOn: boolean;
  /**
   * Reads a page: until there are enough, until the end, or as much as one request may read.
   *
   * @throws Error when they cannot be read now.
   */
  read(query: LinesQuery): Promise<LinesPage>;
  /**
   * Reads the last lines, as far back as one request may read. A page without lines may have earlier ones before it.
   *
   * @throws Error when they cannot be read now.
   */
  readLast(query: LastLinesQuery): Promise<LastLinesPage>;
}
