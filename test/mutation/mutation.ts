/** One plausible mistake, and what a user would lose by it. */
export interface Mutation {
  /** Below the repository's root. */
  readonly file: string;
  /** A part of the file that stands there exactly once. */
  readonly from: string;
  readonly to: string;
  readonly loses: string;
}

/** The text with the mistake in it, or why it cannot be made: the code has moved on, and the list must follow. */
export function mutate(text: string, { from, to }: Mutation): { readonly text: string } | { readonly problem: string } {
  const parts = text.split(from);
  if (parts.length === 1) return { problem: "is no longer there" };
  if (parts.length > 2) return { problem: `stands there ${parts.length - 1} times` };
  if (from === to) return { problem: "changes nothing" };
  return { text: parts.join(to) };
}

/** Mistakes in one file: what stands there, what stands there instead, and what a user would lose. */
export function inFile(
  file: string,
  rows: readonly (readonly [from: string, to: string, loses: string])[],
): readonly Mutation[] {
  return rows.map(([from, to, loses]) => ({ file, from, to, loses }));
}
