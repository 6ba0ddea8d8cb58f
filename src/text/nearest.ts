const COMPARED_CHARACTERS_MAX = 64;

/** The candidate nearest to what a person wrote; undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  const distanceMax = Math.max(1, Math.floor(wanted.length / 3));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const nearer = Math.min(distanceMax, (best?.distance ?? Infinity) - 1);
    const distance = editDistance(wanted, plain(candidate), nearer);
    if (distance <= nearer) best = { candidate, distance };
  }
  return best?.candidate;
}

/** `, did you mean "x"?`, or nothing when no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? "" : `, did you mean "${candidate}"?`;
}

/** Case and separators are what people mix up most (`time_out`, `TimeOut`): they count for nothing here. */
function plain(word: string): string {
  return word.slice(0, COMPARED_CHARACTERS_MAX).toLowerCase().replaceAll(/[-_ ]/g, "");
}

/**
 * Levenshtein's distance, one row of the table at a time. It ends with the first row whose distances all exceed what is
 * asked for, since no later row has a smaller one: most names are far from each other.
 */
function editDistance(a: string, b: string, distanceMax: number): number {
  if (Math.abs(a.length - b.length) > distanceMax) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) > distanceMax) return Infinity;
    row = next;
  }
  return row[b.length] ?? 0;
}
