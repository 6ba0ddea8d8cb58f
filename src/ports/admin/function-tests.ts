import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { TestFacts } from "../../domain/facts.ts";
import type { FailureReason } from "../../domain/failure/reason.ts";
import type { FunctionConfig } from "../../domain/target/function.ts";

/** A line that a function wrote during its test. */
export interface OutputLine {
  readonly stream: "stdout" | "stderr";
  readonly line: string;
}

/**
 * What came of a test. `not_taken`: no router took it in time, and none calls the function for it any more. `unknown`: a
 * router took it and gave no result, so the function may have been called.
 */
export type TestResultOutcome = "success" | FailureReason | "not_taken" | "unknown";

export interface TestResult {
  readonly outcome: TestResultOutcome;
  /** Why it is no success, for people. */
  readonly message?: string;
  readonly statusCode?: number;
  /** Whether the function was called, as far as is known. */
  readonly invoked: boolean;
  /** When the call began, in epoch milliseconds, and how long it took. */
  readonly startedAtMs?: number;
  readonly callMs?: number;
  /** The beginning of the function's answer as JSON text, and how many bytes all of it has. */
  readonly response?: string;
  readonly responseBytes?: number;
  /** The last lines that it wrote, where it is a process of the router that called it. */
  readonly output: readonly OutputLine[];
  readonly outputLeftOut: number;
}

export interface TestOptions {
  /** How long a router may take until it begins. */
  readonly waitMs: number;
  /** Fires when nobody waits for the result any more. The function may be called all the same. */
  readonly signal: AbortSignal;
  /** Called once the test is in the function's queue, and once a router has it in hand. */
  readonly reached: (state: TestState, deliveryId: string) => void;
}

export type TestState = "waiting" | "calling";

/** Calls functions on behalf of people who want to see what they answer. */
export interface FunctionTests {
  /**
   * Sends one marked delivery through the function's queue, and waits for what comes of it, on whichever router.
   *
   * @param payload what the function is given: JSON in UTF-8.
   * @returns `full` where as many are waited for as may be.
   * @throws PublishError when the broker does not take it; the signal's reason when that fires.
   */
  test(fn: FunctionConfig, payload: Buffer, options: TestOptions): Promise<TestResult | "full">;
}

/** Hears of tests that this router has in hand. */
export interface TestReports {
  began(delivery: Delivery): void;
  /** Its poll went away: nothing happened, and another poll may take it. */
  gone(delivery: Delivery): void;
  ended(facts: TestFacts): void;
}
