import { basename } from "node:path";
import { waitFor } from "../../../../async/time-limit.ts";
import { ChildProcess } from "../child-process.ts";
import type { ProcessEnd } from "../process-end.ts";
import type { RegisteredExtensions, ShutdownReason } from "./registered-extensions.ts";

/** How long external extensions have to end, and then what is left of them (AWS Lambda developer guide, "Shutdown phase"). */
const SHUTDOWN_MS = 2_000;

/** Variables that runtimes have and extensions have not. */
const OF_RUNTIMES = new Set([
  "_HANDLER",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_XRAY_CONTEXT_MISSING",
  "LAMBDA_RUNTIME_DIR",
  "LAMBDA_TASK_ROOT",
]);

export interface ExternalOptions {
  /** Executable files. */
  readonly files: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
  /** One has ended by itself. */
  readonly onEnd: (name: string, end: ProcessEnd) => void;
}

/** The external extensions of one environment: processes beside its own, from `extensions` in its layers. */
export class ExternalExtensions {
  readonly #children: readonly ChildProcess[];
  #isStopping = false;

  constructor({ files, variables, onLine, onEnd }: ExternalOptions) {
    const kept = Object.fromEntries(Object.entries(variables).filter(([name]) => !OF_RUNTIMES.has(name)));
    this.#children = files.map((file) => {
      const child = new ChildProcess({ command: [file], variables: kept, onLine });
      void child.ended.then((end) => {
        if (!this.#isStopping) onEnd(basename(file), end);
      });
      return child;
    });
  }

  /** Sends SHUTDOWN events, and ends after two seconds what is still there. Never rejects. */
  async stop(registered: RegisteredExtensions, reason: ShutdownReason): Promise<void> {
    this.#isStopping = true;
    const isAwaited = registered.shutDown(reason, Date.now() + SHUTDOWN_MS);
    const ended = Promise.all(this.#children.map((child) => child.ended));
    if (isAwaited) await waitFor(ended, SHUTDOWN_MS);
    for (const child of this.#children) child.signal("SIGKILL");
    await ended;
  }
}
