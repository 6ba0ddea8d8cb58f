import { join } from "node:path";
import type { FunctionConfig } from "../../../domain/target/function.ts";

/** What the variables of one environment are made of. */
export interface VariableParts {
  readonly fn: FunctionConfig & { readonly run: { readonly command: readonly string[] } };
  readonly region: string;
  readonly runtimeApiPort: number;
  readonly startedAtMs: number;
  /** 32 hexadecimal digits that tell this environment from all others. */
  readonly streamId: string;
  /** The router's own variables. */
  readonly inherited: NodeJS.ProcessEnv;
}

/** All that a command gets to see of the router's variables, which hold the router's own secrets. */
const INHERITED_NAMES = ["PATH", "HOME", "LANG"];

/** The folder with the bootstraps that come with the router: the same distance from `src` and from `dist`. */
const RUNTIME_DIR = join(import.meta.dirname, "../../../../runtimes");

/** What a function may replace, as on Lambda. Without the second, X-Ray's libraries fail where they find no trace. */
const DEFAULTS = { TZ: ":UTC", AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR" };

/**
 * The whole environment of a function's process: what Lambda sets, and cannot be changed; then the function's own
 * variables; then a few of the router's. (AWS Lambda developer guide, "Defined runtime environment variables")
 * AWS_EXECUTION_ENV names a runtime, so the bootstraps set it: a command that is a runtime of its own has none on Lambda.
 */
export function environmentVariables(parts: VariableParts): Record<string, string> {
  const { fn, inherited } = parts;
  const kept = INHERITED_NAMES.flatMap((name) =>
    inherited[name] === undefined ? [] : [[name, inherited[name]] as const],
  );
  const day = new Date(parts.startedAtMs).toISOString().slice(0, 10).replaceAll("-", "/");
  return {
    ...Object.fromEntries(kept),
    ...DEFAULTS,
    ...fn.environment,
    _HANDLER: fn.run.command.at(-1) ?? "",
    LAMBDA_TASK_ROOT: process.cwd(),
    LAMBDA_RUNTIME_DIR: RUNTIME_DIR,
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${parts.runtimeApiPort}`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memorySize),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `${day}/[$LATEST]${parts.streamId}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_REGION: parts.region,
    // The one that boto3 and the aws command read.
    AWS_DEFAULT_REGION: parts.region,
  };
}
