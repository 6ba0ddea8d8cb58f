import type { Outcome } from "../../../domain/failure/outcome.ts";
import type { LineSource, TakeLine } from "../../../domain/logs/log-line.ts";
import type { PlatformEvent, ReportedEnd } from "../../../domain/logs/platform-lines.ts";
import { callEndOf, platformLine } from "../../../domain/logs/platform-lines.ts";
import type { FunctionConfig } from "../../../domain/target/function.ts";
import { LATEST } from "../../../domain/target/function-alias.ts";
import type { ChildProcess } from "./child-process.ts";
import { peakMegabytes } from "./peak-memory.ts";

export interface EnvironmentLogOptions {
  readonly fn: Pick<FunctionConfig, "name" | "version" | "memorySize" | "logFormat">;
  /** The environment's name among the log streams. */
  readonly logStream: string;
  readonly take: TakeLine;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
}

/** What a call is made in. */
type CalledProcess = Pick<ChildProcess, "pid" | "written">;

/**
 * The log of one environment, which has one call in hand at a time: what the function writes, between the lines that
 * Lambda writes around each call. What was not kept is said in a line before the call's end.
 */
export class EnvironmentLog {
  readonly #options: EnvironmentLogOptions;
  #requestId: string | undefined;
  #isStarted = false;
  #callBytes = 0;
  #dropped = { lines: 0, bytes: 0 };
  /** How long the environment took to its first poll, until its first call has reported it. */
  #initMs: number | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(options: EnvironmentLogOptions) {
    this.#options = options;
  }

  /** Resolves when all lines of the last call have come. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** The environment asked for its first call. */
  ready(initMs: number): void {
    this.#initMs = initMs;
  }

  /** The environment failed before it asked for its first call. Resolves with its report, behind all that it wrote. */
  async initFailed(initMs: number, end: ReportedEnd, process: CalledProcess | undefined): Promise<void> {
    await process?.written();
    this.#say({ kind: "initReport", initMs, end });
  }

  /** A call was given to the environment. */
  started(requestId: string): void {
    if (this.#isStarted && this.#requestId === requestId) return;
    // What was written since the last call's end.
    this.#sayDropped();
    this.#requestId = requestId;
    this.#isStarted = true;
    this.#callBytes = 0;
    this.#say({ kind: "start", requestId, version: this.#options.fn.version ?? LATEST });
  }

  /** A line, or a piece of one, that the function wrote. */
  wrote(source: Exclude<LineSource, "platform">, text: string): void {
    const bytes = Buffer.byteLength(text) + 1;
    this.#callBytes += bytes;
    if (this.#give(source, text)) return;
    this.#dropped.lines += 1;
    this.#dropped.bytes += bytes;
  }

  /** The call has ended. Its report comes once everything has come that the process wrote during it: nobody waits for that. */
  ended(requestId: string, outcome: Outcome, durationMs: number, process: CalledProcess | undefined): void {
    this.started(requestId);
    const maxMemoryUsed = process?.pid === undefined ? undefined : peakMegabytes(process.pid);
    const written = process?.written() ?? Promise.resolve();
    this.#settled = written.then(() => this.#report(requestId, outcome, durationMs, maxMemoryUsed));
  }

  #report(requestId: string, outcome: Outcome, durationMs: number, maxMemoryUsed: number | undefined): void {
    this.#isStarted = false;
    this.#sayDropped();
    this.#callBytes = 0;
    this.#say({ kind: "end", requestId });
    const { memorySize } = this.#options.fn;
    const report = { durationMs, memorySize, maxMemoryUsed, initMs: this.#initMs, end: callEndOf(outcome) };
    this.#initMs = undefined;
    this.#say({ kind: "report", requestId, report });
  }

  #sayDropped(): void {
    const { lines, bytes } = this.#dropped;
    if (lines === 0) return;
    this.#dropped = { lines: 0, bytes: 0 };
    this.#say({ kind: "dropped", requestId: this.#requestId, lines, bytes });
  }

  #say(event: PlatformEvent): void {
    const { fn, nowMs } = this.#options;
    const text = platformLine(event, fn.logFormat ?? "Text", nowMs());
    this.#give("platform", text, event.kind === "report");
  }

  #give(source: LineSource, text: string, isLast = false): boolean {
    const { fn, logStream, take, nowMs } = this.#options;
    const callBytes = source === "platform" ? 0 : this.#callBytes;
    const line = {
      functionName: fn.name,
      logStream,
      atMs: nowMs(),
      source,
      text,
      requestId: this.#requestId,
      callBytes,
    };
    return take(isLast ? { ...line, isLast } : line);
  }
}
