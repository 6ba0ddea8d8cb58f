import type { BrokerEvents } from "../../../ports/broker/broker.ts";

type Report = Pick<BrokerEvents, "connected" | "disconnected">;

/**
 * Reports several connections as one. `connected` when all of them stand. `disconnected` when the first is lost, and
 * again when the cause changes, but not for each attempt that fails.
 */
export class Outage {
  readonly #report: Report;
  readonly #down: Set<string>;
  #cause: string | undefined;

  constructor(names: readonly string[], report: Report) {
    this.#down = new Set(names);
    this.#report = report;
  }

  connected(name: string): void {
    this.#down.delete(name);
    if (this.#down.size > 0) return;
    this.#cause = undefined;
    this.#report.connected();
  }

  disconnected(name: string, error: Error): void {
    this.#down.add(name);
    const cause = "code" in error ? String(error.code) : error.message;
    if (cause === this.#cause) return;
    this.#cause = cause;
    this.#report.disconnected(error);
  }
}
