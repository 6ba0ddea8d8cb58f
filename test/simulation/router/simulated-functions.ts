import type { Invocation } from "../../../src/ports/functions/functions.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { FailureReason } from "../../../src/domain/failure/reason.ts";
import type { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";

/** How a function or API destination behaves for a while. */
export type Mood = "well" | "slow" | "failing" | "throttling" | "down" | "hanging" | "refusing";

export const MOODS: readonly Mood[] = ["well", "slow", "failing", "throttling", "down", "hanging", "refusing"];

/** What stands in an event's detail when whoever is given it dies, and its router with it. */
const POISON = '"poison":true';

export interface FunctionsOptions {
  readonly scheduler: Scheduler;
  /** Called when an invocation kills the router that makes it. */
  readonly poisoned: (life: Life) => void;
}

/** Everything that routers call: functions and API destinations, well or not. */
export class SimulatedFunctions {
  readonly #options: FunctionsOptions;
  readonly #moods = new Map<string, Mood>();

  constructor(options: FunctionsOptions) {
    this.#options = options;
  }

  be(name: string, mood: Mood): void {
    this.#moods.set(name, mood);
  }

  /** All is well again. */
  recover(): void {
    this.#moods.clear();
  }

  /** Calls one, on behalf of a router. Rejects when the signal fires, as every invoker does. */
  call(invocation: Invocation, timeoutMs: number, signal: AbortSignal, life: Life): Promise<Outcome> {
    const { scheduler, poisoned } = this.#options;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const { afterMs, outcome, isPoison } = this.work(invocation, timeoutMs);
      const cancel = scheduler.after(afterMs, life, () => {
        signal.removeEventListener("abort", aborted);
        if (isPoison) poisoned(life);
        else resolve(outcome);
      });
      const aborted = (): void => {
        cancel();
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", aborted, { once: true });
    });
  }

  /** What one does with an invocation: how long that takes, and what comes of it. */
  work(invocation: Invocation, timeoutMs: number): { afterMs: number; outcome: Outcome; isPoison: boolean } {
    return { ...this.#answer(invocation, timeoutMs), isPoison: invocation.payload.includes(POISON) };
  }

  /** It has killed the router that called it. */
  kill(life: Life): void {
    this.#options.poisoned(life);
  }

  #answer({ destination }: Invocation, timeoutMs: number): { afterMs: number; outcome: Outcome } {
    const { chance } = this.#options.scheduler;
    const mood = this.#moods.get(destination.name) ?? "well";
    // Even a bad day has good moments.
    const actual = mood !== "well" && chance.happens(0.2) ? "well" : mood;
    const quickMs = chance.between(1, 100);
    const late = { afterMs: timeoutMs, outcome: failure("timeout") };
    switch (actual) {
      case "well":
        return { afterMs: quickMs, outcome: { ok: true, statusCode: 200, responseJson: "null" } };
      case "slow": {
        const slowMs = chance.between(200, 8_000);
        return slowMs < timeoutMs ? { afterMs: slowMs, outcome: { ok: true, statusCode: 200 } } : late;
      }
      case "failing":
        // An API destination has no errors of its own: it answers 500.
        return {
          afterMs: quickMs,
          outcome: failure(destination.kind === "function" ? "function_error" : "server_error"),
        };
      case "throttling":
        return {
          afterMs: quickMs,
          outcome: {
            ...failure("throttled"),
            ...(chance.happens(0.5) ? { retryAfterMs: chance.between(0, 20_000) } : {}),
          },
        };
      case "down":
        return { afterMs: quickMs, outcome: failure("connection") };
      case "hanging":
        return late;
      case "refusing":
        return { afterMs: quickMs, outcome: failure("client_error") };
    }
  }
}

function failure(reason: FailureReason): Outcome & { ok: false } {
  return { ok: false, reason, message: `simulated ${reason}` };
}
