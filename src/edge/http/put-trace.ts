import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import type { PutRequest, PutTrace, Traces } from "../../ports/traces.ts";
import type { Caller } from "./auth/caller.ts";
import { traceOfHeaders } from "./headers.ts";

/** A request while it is being answered. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
}

/** The policy action of those whose traces are continued as they say. */
const CONTINUE_TRACES = "busbar:ContinueTraces";

/** Begins the trace of a put request. It ends with the answer, which nobody waits for. */
export function beginPutTrace(
  traces: Traces,
  { request, response, startedAtMs }: Arrival,
  caller: Caller,
  named: Pick<PutRequest, "operation" | "route">,
): PutTrace {
  const trace = traces.beginPut({
    ...named,
    method: request.method ?? "POST",
    isTls: request.socket instanceof TLSSocket,
    startedAtMs,
    context: traceOfHeaders(request.headers),
    isTrusted: () => caller.may(CONTINUE_TRACES, "*"),
  });
  if (trace.spans !== undefined) {
    response.once("close", () => trace.answered(response.writableFinished ? response.statusCode : undefined));
  }
  return trace;
}
