import type { Outcome } from "../../domain/failure/outcome.ts";
import type { NextRequest } from "./next-request.ts";

/** A sign that an environment has ended without an answer to its invocation. */
export interface SilentEnvironment {
  readonly functionName: string;
  readonly requestId: string;
  /**
   * `closed`: the connection that took the invocation was closed. `polled again`: another poll came on it. `deadline`:
   * no answer came by the deadline.
   */
  readonly sign: "closed" | "polled again" | "deadline";
  /** How long after the invocation was taken. */
  readonly afterMs: number;
  /** At the deadline: whether the connection that took the invocation is still open. */
  readonly isConnected: boolean;
}

/** Where a client opens a connection for each request, the answer comes on a new one well within this time. */
const GRACE_MS = 1_000;

/**
 * Watches the connections that took invocations. A connection that closes, or is polled on again, may mean that the
 * environment has ended. Or its client opens a connection for each request, works on several invocations at once, or has
 * a proxy before it. So the sign is only reported, and no longer once an environment of the function answered after one.
 */
export class EnvironmentWatch {
  readonly #onSilent: (environment: SilentEnvironment) => void;
  readonly #nowMs: () => number;
  /** Functions whose environments answered after a sign. */
  readonly #ordinary = new Set<string>();
  readonly #repolls = new WeakMap<object, Map<string, () => void>>();

  constructor(onSilent: (environment: SilentEnvironment) => void, nowMs: () => number) {
    this.#onSilent = onSilent;
    this.#nowMs = nowMs;
  }

  /** Has to be called for each poll. */
  polled(request: NextRequest): void {
    for (const onPoll of this.#repolls.get(request.connection)?.values() ?? []) onPoll();
  }

  /** Watches the poll's connection until the work on its invocation has ended. Rejects as the work does. */
  async during(request: NextRequest, requestId: string, work: Promise<Outcome | "gone">): Promise<Outcome | "gone"> {
    const { functionName, connection } = request;
    const sinceMs = this.#nowMs();
    let sign: "closed" | "polled again" | undefined;
    let timer: NodeJS.Timeout | undefined;
    const report = (what: SilentEnvironment["sign"], atMs: number): void => {
      const afterMs = Math.round(atMs - sinceMs);
      this.#onSilent({ functionName, requestId, sign: what, afterMs, isConnected: sign !== "closed" });
    };
    const see = (what: "closed" | "polled again"): void => {
      if (sign === "closed") return;
      sign = what;
      const atMs = this.#nowMs();
      clearTimeout(timer);
      if (!this.#ordinary.has(functionName)) timer = setTimeout(() => report(what, atMs), GRACE_MS);
    };
    const onClose = (): void => see("closed");
    connection.once("close", onClose);
    const repolls = this.#repolls.get(connection) ?? new Map<string, () => void>();
    this.#repolls.set(
      connection,
      repolls.set(requestId, () => see("polled again")),
    );
    try {
      const outcome = await work;
      if (outcome === "gone") return outcome;
      if (!outcome.ok && outcome.reason === "timeout") report("deadline", this.#nowMs());
      else if (sign !== undefined) this.#ordinary.add(functionName);
      return outcome;
    } finally {
      clearTimeout(timer);
      connection.off("close", onClose);
      repolls.delete(requestId);
    }
  }
}
