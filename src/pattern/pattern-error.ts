/** A pattern that cannot be read. The message is the reason as AWS words it. Never leaves `parsePattern`. */
export class PatternError extends Error {
  /** Where the wrong token begins, an index into the text; undefined for what is wrong with the whole. */
  at?: number;
}

/** A pattern that is understood but too large: no other reading of it is tried. */
export class PatternTooComplexError extends PatternError {}

/** The mistake is in an entry of a field's list. */
export class PatternMatchError extends PatternError {}
