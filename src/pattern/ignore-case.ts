/**
 * `equals-ignore-case`, as event-ruler defines it: every character of the *pattern* stands for its own lower-case
 * form and its own upper-case form (Unicode, no locale), and for nothing else. That explains what looks uneven:
 *
 * - `ß` in a pattern takes `ß` and `SS`; `ss` in a pattern does not take `ß`.
 * - `ı` takes `ı` and `I`; `i` takes `i` and `I`, not `ı`.
 * - `ς` takes `ς` and `Σ`, not `σ`.
 * - `k` takes `k` and `K`, not the Kelvin sign.
 *
 * The two forms of a character can differ in length, but neither ever begins or ends with the other (a test goes
 * through all of Unicode), so that at any place in a text at most one fits, and one pass without backtracking does.
 */
export interface IgnoreCaseText {
  /** As written in the pattern. */
  readonly text: string;
  /** The lower-case and the upper-case form of each character. */
  readonly forms: readonly (readonly [lower: string, upper: string])[];
}

/** Reads the text of an `equals-ignore-case`. */
export function ignoreCase(text: string): IgnoreCaseText {
  return { text, forms: Array.from(text, (character) => [character.toLowerCase(), character.toUpperCase()] as const) };
}

/** Whether the pattern takes up the whole text. */
export function equalsIgnoreCase(pattern: IgnoreCaseText, text: string): boolean {
  return prefixLength(pattern, text) === text.length;
}

/** Whether the pattern fits at the start of the text. */
export function startsWithIgnoreCase(pattern: IgnoreCaseText, text: string): boolean {
  return prefixLength(pattern, text) !== undefined;
}

/** Whether the pattern fits at the end of the text. */
export function endsWithIgnoreCase(pattern: IgnoreCaseText, text: string): boolean {
  let end = text.length;
  for (const forms of pattern.forms.toReversed()) {
    const form = forms.find((candidate) => text.endsWith(candidate, end));
    if (form === undefined) return false;
    end -= form.length;
  }
  return true;
}

/** How many code units of the text the whole pattern takes up at its start; undefined when it does not fit. */
function prefixLength(pattern: IgnoreCaseText, text: string): number | undefined {
  let position = 0;
  for (const forms of pattern.forms) {
    const form = forms.find((candidate) => text.startsWith(candidate, position));
    if (form === undefined) return undefined;
    position += form.length;
  }
  return position;
}
