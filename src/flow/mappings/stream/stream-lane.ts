import { doublingMs } from "../../../async/doubling.ts";
import type { GiveUpCondition } from "../../../domain/mapping/mapping.ts";
import type { OpenWindow, WindowCall } from "./tumbling-windows.ts";
import { TumblingWindows } from "./tumbling-windows.ts";

/** The waits between two tries: doubling. */
const FIRST_WAIT_MS = 1_000;
const WAIT_MS_MAX = 60_000;

export interface LaneSettings {
  readonly batchSize: number;
  readonly batchBytesMax: number;
  /** How long a batch is collected, from its first record on. */
  readonly batchWindowMs: number;
  readonly bisects: boolean;
  /** How often a batch is called again whose call failed; infinite for ever. */
  readonly retriesMax: number;
  /** Older records are given up; infinite for none. */
  readonly ageMsMax: number;
  /** 0 for none. */
  readonly tumblingWindowMs: number;
}

/** A record on its way to the function. */
export interface LaneRecord {
  readonly offset: number;
  readonly atMs: number;
  readonly partitionKey: string;
  /** As the function is shown it, JSON text. */
  readonly json: string;
  /** The length of that in UTF-8. */
  readonly bytes: number;
  /** When it was read. */
  readonly readAtMs: number;
}

/** What is to be done next, and then to be answered with `called` or `gaveUp`. */
export type LaneStep =
  | {
      readonly kind: "call";
      readonly records: readonly LaneRecord[];
      /** Counted from 1. */
      readonly attempt: number;
      readonly window?: WindowCall;
    }
  | {
      readonly kind: "give-up";
      readonly records: readonly LaneRecord[];
      readonly condition: GiveUpCondition;
      /** How often the function was called with them. */
      readonly calls: number;
    }
  /** Nothing, before then or something else happens. */
  | { readonly kind: "wait"; readonly untilMs: number };

/** What came of a call. The state is that of a tumbling window. */
export type LaneResult =
  | { readonly kind: "done"; readonly state?: string }
  /** From this record on. */
  | { readonly kind: "failed-from"; readonly offset: number; readonly state?: string }
  | { readonly kind: "failed" }
  /** The function was not called. */
  | { readonly kind: "unreached" };

/** A batch, or what is left of one. */
interface Piece {
  readonly records: readonly LaneRecord[];
  /** Calls that counted. */
  readonly calls: number;
  /** Tries in a row that failed, counted or not. */
  readonly failures: number;
  readonly notBeforeMs: number;
  readonly givesUp?: GiveUpCondition;
  /** Set where the piece is the end of a window: the first place that its success finishes. */
  readonly endsWindow?: { readonly from: number | undefined };
}

/**
 * The records of some partition keys, in order, one call at a time. It decides what the function is called with, what is
 * tried again and what is given up. It has no clock, and calls nobody.
 */
export class StreamLane {
  readonly #settings: LaneSettings;
  readonly #windows: TumblingWindows | undefined;
  readonly #waiting: LaneRecord[] = [];
  /** What stands before all that waits, in order. The first one is in hand while the lane is busy. */
  #pieces: Piece[] = [];
  #isBusy = false;
  #bytes = 0;

  constructor(settings: LaneSettings, open?: OpenWindow) {
    this.#settings = settings;
    const { tumblingWindowMs } = settings;
    this.#windows = tumblingWindowMs === 0 ? undefined : new TumblingWindows(tumblingWindowMs, open);
  }

  add(record: LaneRecord): void {
    this.#waiting.push(record);
    this.#bytes += record.bytes;
  }

  /** Of all records that are not finished. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The first record that is not finished. */
  get lowest(): number | undefined {
    const [piece] = this.#pieces;
    return piece?.records[0]?.offset ?? piece?.endsWindow?.from ?? this.#waiting[0]?.offset;
  }

  /** When the first record was accepted that is not finished, in epoch milliseconds. */
  get oldestAtMs(): number | undefined {
    return (this.#pieces[0]?.records[0] ?? this.#waiting[0])?.atMs;
  }

  get window(): OpenWindow | undefined {
    return this.#windows?.open;
  }

  /** What to do now. A call, or records to give up, are in hand until they are answered. */
  next(nowMs: number): LaneStep {
    if (this.#isBusy) return { kind: "wait", untilMs: Infinity };
    const piece = this.#pieces[0] ?? this.#form(nowMs);
    if (typeof piece === "number") return { kind: "wait", untilMs: piece };
    const [current, rest] = this.#withoutExpired(piece, nowMs);
    this.#pieces.splice(0, 1, current, ...rest);
    const { records, calls, notBeforeMs, givesUp } = current;
    if (givesUp !== undefined) {
      this.#isBusy = true;
      return { kind: "give-up", records, condition: givesUp, calls };
    }
    if (nowMs < notBeforeMs) return { kind: "wait", untilMs: notBeforeMs };
    this.#isBusy = true;
    const window = this.#windows?.call(current.endsWindow !== undefined);
    return { kind: "call", records, attempt: calls + 1, ...(window === undefined ? {} : { window }) };
  }

  /** The call that was to be made has ended. */
  called(result: LaneResult, nowMs: number): void {
    const piece = this.#free();
    if (result.kind === "done") return this.#done(piece, result.state);
    const failures = piece.failures + 1;
    const notBeforeMs = nowMs + doublingMs(failures, FIRST_WAIT_MS, WAIT_MS_MAX);
    const tried = { ...piece, failures, notBeforeMs };
    if (result.kind === "unreached" || piece.endsWindow !== undefined) return this.#put(tried);
    if (result.kind === "failed-from") {
      // What succeeded has no place but the state: one that cannot be kept is made again.
      if (this.#windows?.keeps(result.state ?? "{}") === false) return this.#again(tried);
      this.#windows?.called(result.state ?? "{}");
      const left = piece.records.filter(({ offset }) => offset >= result.offset);
      return this.#again({ ...tried, records: left });
    }
    const half = Math.ceil(piece.records.length / 2);
    if (!this.#settings.bisects || half === piece.records.length) return this.#again(tried);
    // Halving is no retry: each half has as many as the whole had left.
    this.#put({ ...tried, records: piece.records.slice(0, half) }, { ...tried, records: piece.records.slice(half) });
  }

  /** The records that were to be given up are where they belong. */
  gaveUp(): void {
    this.#free();
  }

  /** Nothing came of the step that was begun: it is to be done again. */
  undone(): void {
    this.#isBusy = false;
  }

  #free(): Piece {
    const piece = this.#pieces.shift();
    if (!this.#isBusy || piece === undefined) throw new Error("the lane has nothing in hand");
    this.#isBusy = false;
    this.#bytes -= bytesOf(piece);
    return piece;
  }

  #put(...pieces: readonly Piece[]): void {
    this.#pieces.unshift(...pieces);
    for (const piece of pieces) this.#bytes += bytesOf(piece);
  }

  #again(piece: Piece): void {
    const calls = piece.calls + 1;
    this.#put({ ...piece, calls, ...(calls > this.#settings.retriesMax ? { givesUp: "RetryAttemptsExhausted" } : {}) });
  }

  #done(piece: Piece, state: string | undefined): void {
    if (this.#windows === undefined) return;
    if (piece.endsWindow !== undefined) return this.#windows.ended();
    // A state that is too long to be kept is not kept: its records are finished with the call that ends the window.
    if (this.#windows.called(state ?? "{}")) return;
    this.#put({ ...FRESH, records: [], endsWindow: { from: piece.records[0]?.offset } });
  }

  /** The next batch; or when there may be one, in epoch milliseconds. */
  #form(nowMs: number): Piece | number {
    const [first] = this.#waiting;
    if (this.#windows?.isOver(first?.atMs, nowMs) === true) {
      return { ...FRESH, records: [], endsWindow: { from: undefined } };
    }
    if (first === undefined) return this.#windows?.overAtMs ?? Infinity;
    const { count, isWhole } = this.#collected();
    const dueMs = Math.min(first.readAtMs + this.#settings.batchWindowMs, this.#windows?.overAtMs ?? Infinity);
    if (!isWhole && nowMs < dueMs) return dueMs;
    return { ...FRESH, records: this.#waiting.splice(0, count) };
  }

  /** How many of those that wait make a batch, and whether it takes no more. */
  #collected(): { readonly count: number; readonly isWhole: boolean } {
    const { batchSize, batchBytesMax } = this.#settings;
    let bytes = 0;
    for (const [count, record] of this.#waiting.entries()) {
      bytes += record.bytes;
      const fits = count === 0 || bytes <= batchBytesMax;
      if (count === batchSize || !fits || this.#windows?.takes(record.atMs) === false) return { count, isWhole: true };
    }
    return { count: this.#waiting.length, isWhole: this.#waiting.length === batchSize };
  }

  /** A piece as it is; or first what is too old of it, to be given up, and then the rest. */
  #withoutExpired(piece: Piece, nowMs: number): readonly [Piece, readonly Piece[]] {
    if (piece.givesUp !== undefined) return [piece, []];
    const expired = piece.records.filter((record) => this.#isExpired(record, nowMs));
    if (expired.length === 0) return [piece, []];
    const rest = piece.records.filter((record) => !this.#isExpired(record, nowMs));
    const old = { ...piece, records: expired, givesUp: "RecordAgeExceeded" } as const;
    return [old, rest.length === 0 ? [] : [{ ...piece, records: rest }]];
  }

  #isExpired(record: LaneRecord | undefined, nowMs: number): boolean {
    return record !== undefined && nowMs - record.atMs > this.#settings.ageMsMax;
  }
}

function bytesOf({ records }: Piece): number {
  return records.reduce((sum, { bytes }) => sum + bytes, 0);
}

const FRESH = { calls: 0, failures: 0, notBeforeMs: 0 } as const;
