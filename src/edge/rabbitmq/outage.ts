import type { BrokerEvents } from "../../ports/broker.ts";

/**
 * Makes one story of what several connections tell: connected when all of them are, and one `disconnected`
 * when the first goes and whenever the cause changes, not for each attempt that fails.
 */
export class Outage {
  readonly #report: Pick<BrokerEvents, "connected" | "disconnected">;
  readonly #down: Set<string>;
  #cause: string | undefined;

  constructor(names: readonly string[], report: Pick<BrokerEvents, "connected" | "disconnected">) {
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
