/** What the operator's files say is wrong: every problem, with its place. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem(s)`);
    this.problems = problems;
  }
}
