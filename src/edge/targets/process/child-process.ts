import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { forEachLine } from "./output-lines.ts";
import type { ProcessEnd } from "./process-end.ts";

export interface ChildOptions {
  readonly command: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
}

/** A command in a process group of its own, with every process that it starts. */
export class ChildProcess {
  /** How it ended, or that it could not be started. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable> | undefined;
  readonly #endLines: readonly (() => void)[] = [];
  #running = false;

  constructor({ command, variables, onLine }: ChildOptions) {
    const [program = "", ...args] = command;
    try {
      // `detached` makes a process group, which also keeps a Ctrl-C in the terminal for the router.
      const child = spawn(program, args, { env: variables, stdio: ["ignore", "pipe", "pipe"], detached: true });
      this.#child = child;
      this.#running = child.pid !== undefined;
      this.#endLines = [
        forEachLine(child.stdout, (line) => onLine("stdout", line)),
        forEachLine(child.stderr, (line) => onLine("stderr", line)),
      ];
      this.ended = this.#end(child);
    } catch (error) {
      // Most failures to start come as an event; some, such as arguments that are too long, as an exception.
      this.ended = Promise.resolve({ kind: "not-served", error: error as Error });
    }
  }

  /** Its id; undefined where it could not be started, or has ended. */
  get pid(): number | undefined {
    return this.#running ? this.#child?.pid : undefined;
  }

  /**
   * Resolves when everything has been handed on that it had written before, also a line without an end.
   *
   * What a process writes is in its pipe at once. The event loop reads its pipes once a turn, so a whole turn has to
   * pass: from after one reading, through the next.
   */
  async written(): Promise<void> {
    await nextTurn();
    await nextTurn();
    for (const endLine of this.#endLines) endLine();
  }

  /** Sends a signal to the group. Does nothing when the command has ended. */
  signal(name: "SIGTERM" | "SIGKILL"): void {
    const pid = this.#child?.pid;
    if (!this.#running || pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // It ended this very moment.
    }
  }

  #end(child: ChildProcessByStdio<null, Readable, Readable>): Promise<ProcessEnd> {
    return new Promise((resolve) => {
      child.once("error", (error) => resolve({ kind: "not-served", error }));
      child.once("exit", (code, signal) => {
        // Processes that it has started and left behind end with it.
        this.signal("SIGKILL");
        this.#running = false;
        resolve({ kind: "exited", code, signal });
      });
    });
  }
}
