import { join } from "node:path";
import { logGroupOf } from "../../../domain/logs/log-line.ts";
import type { FunctionConfig } from "../../../domain/target/function.ts";
import type { PreparedLayers } from "./layers/layer-variables.ts";
import { withLayerPaths } from "./layers/layer-variables.ts";
import { LATEST } from "../../../domain/target/function-alias.ts";
import { PACKAGE_FOLDER } from "../../../package/package-folder.ts";

/** The parts of one environment's variables. */
export interface VariableParts {
  readonly fn: FunctionConfig & { readonly run: { readonly command: readonly string[] } };
  readonly region: string;
  readonly runtimeApiPort: number;
  /** Which log stream has its lines. */
  readonly logStream: string;
  /** The router's own variables. */
  readonly inherited: NodeJS.ProcessEnv;
  readonly layers: PreparedLayers;
}

/** A command gets no other of the router's variables: they hold the router's own secrets. */
const INHERITED_NAMES = ["PATH", "HOME", "LANG"];

/** The folder with the router's bootstraps. */
const RUNTIME_DIR = join(PACKAGE_FOLDER, "runtimes");

/** A function may replace these, as on Lambda. Without the second, X-Ray's libraries fail where they find no trace. */
const DEFAULTS = { TZ: ":UTC", AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR" };

/**
 * All variables of a function's process. Lambda's reserved ones win over the function's own, and those over the router's
 * (AWS Lambda developer guide, "Defined runtime environment variables").
 * AWS_EXECUTION_ENV names a managed runtime, so the bootstraps set it. A custom runtime has none on Lambda.
 */
export function environmentVariables(parts: VariableParts): Record<string, string> {
  const { fn, inherited } = parts;
  const { version = LATEST } = fn;
  const kept = INHERITED_NAMES.flatMap((name) =>
    inherited[name] === undefined ? [] : [[name, inherited[name]] as const],
  );
  return {
    ...withLayerPaths({ ...Object.fromEntries(kept), ...DEFAULTS, ...fn.environment }, parts.layers),
    _HANDLER: fn.run.command.at(-1) ?? "",
    LAMBDA_TASK_ROOT: process.cwd(),
    LAMBDA_RUNTIME_DIR: RUNTIME_DIR,
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${parts.runtimeApiPort}`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memorySize),
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(fn.name),
    AWS_LAMBDA_LOG_STREAM_NAME: parts.logStream,
    AWS_LAMBDA_LOG_FORMAT: fn.logFormat ?? "Text",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_REGION: parts.region,
    // The one that boto3 and the aws command read.
    AWS_DEFAULT_REGION: parts.region,
  };
}
