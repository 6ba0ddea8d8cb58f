import { escaped, inOneLine } from "./output/escape.ts";

/** The streams and the environment of a process. */
export interface ProcessStreams {
  readonly stdin: AsyncIterable<unknown> & NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

/**
 * What a command reads from and prints to. Nothing from outside can command the terminal: control characters of
 * producers, functions and files are printed as `\u001b`. In JSON that is the same text, so that a program reads what was
 * there.
 */
export class Terminal {
  readonly stdin: ProcessStreams["stdin"];
  readonly env: NodeJS.ProcessEnv;
  /** The command's exit code, unless it fails with a CommandError. */
  exitCode = 0;
  readonly #stdout: ProcessStreams["stdout"];
  readonly #stderr: ProcessStreams["stderr"];

  constructor({ stdin, stdout, stderr, env }: ProcessStreams) {
    this.stdin = stdin;
    this.env = env;
    this.#stdout = stdout;
    this.#stderr = stderr;
    endWithReader(stdout);
  }

  /** Prints a result, on standard output. */
  print(text: string): void {
    this.#stdout.write(escaped(text));
  }

  /** Prints what `--json` prints, on standard output. */
  printJson(value: unknown): void {
    this.print(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** Prints anything that is no result, on standard error. */
  note(text: string): void {
    this.#stderr.write(escaped(text));
  }

  /** Prints a list of problems below a headline, on standard error. */
  noteProblems(headline: string, problems: readonly string[]): void {
    this.note(`${headline}\n${problems.map((problem) => `  ${inOneLine(problem)}\n`).join("")}`);
  }

  /** Standard error, for what draws on it. */
  get screen(): ProcessStreams["stderr"] {
    return this.#stderr;
  }
}

/** A reader such as `| head` may close the output early. That is no error. */
function endWithReader(output: NodeJS.WritableStream): void {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
}
