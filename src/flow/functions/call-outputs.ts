import { waitFor } from "../../async/time-limit.ts";
import type { LineSource, FunctionLine } from "../../domain/logs/log-line.ts";
import { OutputTail } from "./output-tail.ts";

/** A report follows the answer within two turns of the event loop. A router that is that busy shows what it has. */
const REPORT_MS = 1_000;

/** Lines of a call that somebody waits for. */
interface AwaitedOutput {
  readonly tail: OutputTail<LineSource>;
  readonly withPlatform: boolean;
  /** Whether this router has the call in a process, whose report comes once everything it wrote has been read. */
  isReported: boolean;
  readonly reported: PromiseWithResolvers<undefined>;
}

/** What local functions write while they are called, for those calls whose caller wants to see it. */
export class CallOutputs {
  /** By request id. */
  readonly #awaited = new Map<string, AwaitedOutput>();

  /**
   * Begins to keep what is written during a call. Has to be ended, or forgotten.
   *
   * @param lines `log` for the platform's lines too.
   */
  begin(requestId: string, lines: "output" | "log"): void {
    this.#awaited.set(requestId, {
      tail: new OutputTail(),
      withPlatform: lines === "log",
      isReported: false,
      reported: Promise.withResolvers(),
    });
  }

  /** What was written during a call that has been answered; undefined where nothing was kept. */
  async end(requestId: string): Promise<OutputTail<LineSource> | undefined> {
    const awaited = this.#awaited.get(requestId);
    if (awaited?.isReported === true) await waitFor(awaited.reported.promise, REPORT_MS);
    this.forget(requestId);
    return awaited?.tail;
  }

  forget(requestId: string): void {
    this.#awaited.delete(requestId);
  }

  /** A line of a process of this router. */
  take({ requestId, source, text, isLast }: FunctionLine): void {
    if (this.#awaited.size === 0 || requestId === undefined) return;
    const awaited = this.#awaited.get(requestId);
    if (awaited === undefined) return;
    awaited.isReported = true;
    if (source !== "platform" || awaited.withPlatform) awaited.tail.add(source, text);
    if (isLast === true) awaited.reported.resolve(undefined);
  }
}
