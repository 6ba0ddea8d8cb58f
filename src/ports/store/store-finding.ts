/** Something that a check of the store has found. */
export interface StoreFinding {
  /** Whether a person has to mend it. */
  readonly isProblem: boolean;
  readonly text: string;
}
