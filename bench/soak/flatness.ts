/** What is watched of a run: one value at each sample, missing ones NaN. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** How much a series may change over the second half of a run and still count as flat. */
export interface Tolerance {
  /** Of its mean there. */
  readonly share: number;
  /** In its own unit, when that is more. */
  readonly least: number;
  /** Memory may shrink; a rate may not. */
  readonly mayFall: boolean;
}

export interface Flatness {
  readonly flat: boolean;
  /** Over the second half, by its slope, in the series' unit. */
  readonly change: number;
  /** In the same half. */
  readonly mean: number;
  /** How large a change would still have been flat. */
  readonly allowed: number;
}

/**
 * Whether a series is flat: the line laid through the second half of its samples by least squares, so that neither the
 * start nor a garbage collection decides, rises (or falls) by no more than the tolerance from the half's begin to its end.
 */
export function flatnessOf(values: readonly number[], tolerance: Tolerance): Flatness {
  const half = values.slice(Math.floor(values.length / 2)).filter((value) => !Number.isNaN(value));
  const mean = half.reduce((sum, value) => sum + value, 0) / half.length;
  const change = slopeOf(half, mean) * (half.length - 1);
  const allowed = Math.max(tolerance.share * mean, tolerance.least);
  const flat = half.length > 2 && change <= allowed && (tolerance.mayFall || change >= -allowed);
  return { flat, change, mean, allowed };
}

/** By least squares, per sample. */
function slopeOf(values: readonly number[], mean: number): number {
  const middle = (values.length - 1) / 2;
  const covariance = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const variance = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return variance === 0 ? 0 : covariance / variance;
}
