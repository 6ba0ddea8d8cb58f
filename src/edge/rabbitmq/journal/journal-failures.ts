import { retryMs } from "../connection/rpc.ts";
import { isLasting } from "./journal-stream.ts";

/** Failures in a row before a fault is reported: a node that has just started refuses its streams for a few seconds. */
const FAILURES_MAX = 5;

/** Counts failures in a row, and reports them once: those that last at once, others when there were several. */
export class JournalFailures {
  readonly #fault: (message: string, error: unknown) => void;
  #count = 0;
  #isReported = false;

  constructor(fault: (message: string, error: unknown) => void) {
    this.#fault = fault;
  }

  /** How long to wait before the next attempt: nothing, or 1 s doubling to 30 s. */
  get pauseMs(): number {
    return this.#count === 0 ? 0 : retryMs(this.#count);
  }

  /** @param what is the fault's message, as in `RabbitMQ does not let "queue" be read`. */
  failed(what: string, error: unknown): void {
    this.#count += 1;
    if (this.#isReported || (this.#count < FAILURES_MAX && !isLasting(error))) return;
    this.#isReported = true;
    this.#fault(what, error);
  }

  /** It works again. */
  end(): void {
    this.#count = 0;
    this.#isReported = false;
  }
}
