/** Where in the configuration something stands. Lines and columns count from 1; a whole file or folder has neither. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** One mistake in the configuration: what is wrong, what was expected, and where. Never quotes a resolved secret. */
export interface Problem extends Place {
  readonly message: string;
}

/** `config/rules.yaml:14:32`, or only the file. */
export function formatPlace({ file, line, column }: Place): string {
  return line === undefined || column === undefined ? file : `${file}:${line}:${column}`;
}

/** The problem as people read it: `… must be 0..185, got 500 (config/rules.yaml:14:32)`. */
export function formatProblem(problem: Problem): string {
  return `${problem.message} (${formatPlace(problem)})`;
}

/** Reading order, so that a person mends a file from top to bottom. */
export function inReadingOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(
    (a, b) => compareTexts(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
