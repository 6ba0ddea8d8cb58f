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

function exitMessage({ code, signal }: Extract<ProcessEnd, { kind: "exited" }>): string {
  if (code === 0) return "Runtime exited without providing a reason";
  const how = code === null ? `signal: ${SIGNAL_NAMES[signal ?? ""] ?? signal}` : `exit status ${code}`;
  return `Runtime exited with error: ${how}`;
}
