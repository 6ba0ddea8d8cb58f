/** A stretch of time, in epoch milliseconds. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A stretch of the axis with its place, as fractions of the width. */
export interface AxisPiece extends Stretch {
  readonly from: number;
  readonly to: number;
  /** Whether nothing happened for so long that it is drawn shorter than it was. */
  readonly isFolded: boolean;
}

export interface TimeAxis {
  readonly pieces: readonly AxisPiece[];
  /** The place of a time, from 0 to 1. What lies outside is at the nearer end. */
  at(timeMs: number): number;
}

/** An idle time is folded when it is longer than this many times everything that is busy. */
const FOLD_FACTOR = 3;
const FOLD_SHARE = 0.14;
/** All folds together take at most this much of the width. */
const FOLDS_SHARE_MAX = 0.6;
/** A busy stretch is at least so long, so that calls of a millisecond can be told apart. */
const BUSY_MS_MIN = 1;

/**
 * An axis on which busy stretches have their true proportions, and long idle times between them are folded to one
 * width each.
 */
export function timeAxis(busy: readonly Stretch[]): TimeAxis {
  const merged = mergedStretches(busy);
  const stretches = merged.flatMap((one, index) => {
    const next = merged[index + 1];
    const idle = next === undefined ? [] : [{ fromMs: one.toMs, toMs: next.fromMs, isIdle: true }];
    return [{ ...one, isIdle: false }, ...idle];
  });
  const busyMs = sum(merged.map(lengthMs));
  const folded = stretches.map((one) => one.isIdle && lengthMs(one) > FOLD_FACTOR * busyMs);
  const foldCount = folded.filter(Boolean).length;
  const foldShare = foldCount === 0 ? 0 : Math.min(FOLD_SHARE, FOLDS_SHARE_MAX / foldCount);
  const trueMs = sum(stretches.filter((_, index) => folded[index] !== true).map(lengthMs));
  const trueShare = 1 - foldShare * foldCount;
  let from = 0;
  const pieces = stretches.map((one, index) => {
    const isFolded = folded[index] === true;
    const share = isFolded ? foldShare : trueMs === 0 ? 1 : (lengthMs(one) / trueMs) * trueShare;
    const piece = { fromMs: one.fromMs, toMs: one.toMs, from, to: from + share, isFolded };
    from = piece.to;
    return piece;
  });
  return { pieces, at: (timeMs) => placeIn(pieces, timeMs) };
}

function placeIn(pieces: readonly AxisPiece[], timeMs: number): number {
  const piece = pieces.find(({ toMs }) => timeMs <= toMs);
  if (piece === undefined) return 1;
  const part = (timeMs - piece.fromMs) / (piece.toMs - piece.fromMs);
  return piece.from + Math.max(0, Math.min(1, part)) * (piece.to - piece.from);
}

/** In order, with those that touch made one. */
function mergedStretches(busy: readonly Stretch[]): readonly Stretch[] {
  const merged: { fromMs: number; toMs: number }[] = [];
  for (const one of [...busy].sort((a, b) => a.fromMs - b.fromMs)) {
    const toMs = Math.max(one.toMs, one.fromMs + BUSY_MS_MIN);
    const last = merged.at(-1);
    if (last !== undefined && one.fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs: one.fromMs, toMs });
  }
  return merged;
}

const lengthMs = ({ fromMs, toMs }: Stretch) => toMs - fromMs;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
