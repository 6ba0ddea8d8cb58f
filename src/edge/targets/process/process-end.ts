import type { ExtensionFailure } from "../../runtime-api/extensions/extensions-api.ts";
import type { Failure } from "../../../domain/failure/outcome.ts";
import { sandboxFailure } from "../../../domain/failure/lambda-failure.ts";

/** How a command ended: it exited or was killed, or it could not be started, or its Runtime API failed. */
export type ProcessEnd =
  | { readonly kind: "exited"; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: "not-served"; readonly error: Error };

/** Codes of a wrong command. Any other code is a shortage on this machine, which passes. */
const WRONG_COMMAND_CODES = new Set(["ENOENT", "EACCES", "ENOTDIR", "ENOEXEC", "E2BIG"]);

/** AWS uses the C library's names. A signal that is not listed keeps its own name. */
const SIGNAL_NAMES: Readonly<Record<string, string>> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGSEGV: "segmentation fault",
  SIGABRT: "aborted",
};

/** The failure of an invocation whose process has ended, with Lambda's error types and messages. */
export function processFailure(end: ProcessEnd, requestId: string): Failure {
  if (end.kind === "exited") return sandboxFailure("function_error", "Runtime.ExitError", requestId, exitMessage(end));
  const code = "code" in end.error && typeof end.error.code === "string" ? end.error.code : "";
  const reason = WRONG_COMMAND_CODES.has(code) ? "function_error" : "server_error";
  return sandboxFailure(reason, "Runtime.InvalidEntrypoint", requestId, `cannot run the command: ${end.error.message}`);
}

/**
 * The failure of an invocation whose external extension ended by itself. Lambda's type, and its words with the extension's name:
 * `Extension.Crash`, `extension logger: exit code 0`.
 */
export function extensionCrash(name: string, end: ProcessEnd, requestId: string): Failure {
  const how = end.kind === "exited" ? exitStatus(end) : end.error.message;
  return sandboxFailure("function_error", "Extension.Crash", requestId, `extension ${name}: ${how}`);
}

/** The failure of an invocation whose extension reported that it could not start, or had to end. */
export function extensionFailure(name: string, { stage, errorType }: ExtensionFailure, requestId: string): Failure {
  const type = stage === "init" ? "Extension.InitError" : "Extension.ExitError";
  return sandboxFailure("function_error", type, requestId, `extension ${name}: ${errorType}`);
}

/** The failure of an invocation whose environment was not ready in time. `busy` are the extensions that held it back. */
export function notReadyFailure(limitMs: number, busy: readonly string[], requestId: string): Failure {
  const who =
    busy.length === 0 ? "Runtime did not ask for an invocation" : `Extensions were not ready: ${busy.join(", ")},`;
  const message = `${who} within ${(limitMs / 1_000).toFixed(2)} seconds`;
  return sandboxFailure("function_error", "Runtime.InitError", requestId, message);
}

function exitMessage({ code, signal }: Extract<ProcessEnd, { kind: "exited" }>): string {
  if (code === 0) return "Runtime exited without providing a reason";
  return `Runtime exited with error: ${exitStatus({ code, signal })}`;
}

function exitStatus({ code, signal }: Pick<Extract<ProcessEnd, { kind: "exited" }>, "code" | "signal">): string {
  if (code === 0) return "exit code 0";
  return code === null ? `signal: ${SIGNAL_NAMES[signal ?? ""] ?? signal}` : `exit status ${code}`;
}
