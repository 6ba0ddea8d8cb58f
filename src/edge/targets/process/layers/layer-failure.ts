import { sandboxFailure } from "../../../../domain/failure/lambda-failure.ts";
import type { Failure } from "../../../../domain/failure/outcome.ts";
import { LayerFault } from "./checked-entry.ts";

/** The failure of a call whose function's layers cannot be used. What this machine lacks is tried again with backoff. */
export function layerFailure(error: Error, requestId: string): Failure {
  const reason = error instanceof LayerFault ? "function_error" : "server_error";
  return sandboxFailure(reason, "Runtime.InvalidLayer", requestId, error.message);
}
