import type { TakeLine } from "../../../domain/logs/log-line.ts";
import type { Identity } from "../../../domain/arn.ts";
import type { Failure } from "../../../domain/failure/outcome.ts";
import type { Limit } from "../../../domain/limits.ts";
import type { FunctionConfig, FunctionKind } from "../../../domain/target/function.ts";

/** A function that is a local command. */
export type ProcessFunction = FunctionConfig & { readonly run: Extract<FunctionKind, { kind: "process" }> };

/** How an environment started: until its command and all extensions asked for an invocation, or why that did not come. */
export interface EnvironmentInit {
  readonly durationMs: number;
  readonly failure?: Failure;
}

export interface EnvironmentOptions {
  readonly identity: Identity;
  /** Takes what the command writes, and the lines around its calls. */
  readonly onLine: TakeLine;
  /** Called when an environment has started, or could not. */
  readonly onInit?: (functionName: string, init: EnvironmentInit) => void;
  /** How long a command may take until it polls for its first invocation. Lambda's 10 s by default. */
  readonly initMs?: number;
  /** Of an answer, in bytes. Lambda's 6 MiB by default. */
  readonly responseLimit?: Limit;
}
