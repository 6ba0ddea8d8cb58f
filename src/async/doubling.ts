/**
 * How long to wait after a failure, in milliseconds: `firstMs` after the first, twice as long after each further one in
 * a row, at most `longestMs`.
 *
 * @param failures in a row, counted from 1.
 */
export function doublingMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1));
}
