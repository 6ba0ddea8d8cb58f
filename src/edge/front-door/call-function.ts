import { waitFor } from "../../async/time-limit.ts";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { FunctionCalls, InvokeEnd, WaitingCall } from "../../ports/functions/function-calls.ts";
import type { DoorError } from "./answers/door-errors.ts";
import { doorError } from "./answers/door-errors.ts";
import { functionAnswer } from "./answers/function-answer.ts";
import type { HttpAnswer } from "./answers/http-answer.ts";
import type { StreamedParts } from "./answers/streamed-answer.ts";
import { answerCollectedElsewhere, CollectedAnswer, StreamedAnswer } from "./answers/streamed-answer.ts";
import type { Authorized } from "./authorized.ts";
import type { Door } from "./door.ts";
import type { DoorRequest } from "./door-request.ts";
import { eventOf } from "./payloads/payload.ts";

/** Lambda's limit for an event, and a load balancer's, in bytes. */
const EVENT_BYTES_MAX = 6_291_456;
const ALB_EVENT_BYTES_MAX = 1_048_576;

/** A request that was let in. */
export interface LetIn {
  readonly door: Door;
  readonly request: DoorRequest;
  readonly authorized: Authorized;
  readonly by: string | undefined;
  readonly body: Buffer;
  /** Fires when the caller has hung up. */
  readonly gone: AbortSignal;
  /** Where an answer goes that the function streams; undefined where it has to go out whole. */
  readonly live: StreamedParts | undefined;
}

export interface CallOptions {
  readonly config: () => Config;
  readonly identity: Identity;
  readonly functionCalls: FunctionCalls;
}

/**
 * Calls the function for a request, and reads its answer.
 *
 * `streamed`: the answer has gone out, and is whole. `broken_off`: its beginning has gone out.
 *
 * @param ended called when the call is over and its event needs no memory any more, which may be after the answer.
 */
export async function callFunction(
  letIn: LetIn,
  options: CallOptions,
  ended: () => void,
): Promise<HttpAnswer | "streamed" | "broken_off"> {
  const { door, live } = letIn;
  const asked = askedCall(letIn, options);
  if (typeof asked === "string") {
    ended();
    return doorError(door, asked);
  }
  const collected = new CollectedAnswer();
  const sink = new StreamedAnswer(live ?? collected);
  const call = options.functionCalls.call({ ...asked, sink }).finally(ended);
  const end = door.timeoutSeconds === undefined ? await call : await waitFor(call, door.timeoutSeconds * 1_000);
  if (end === undefined) return doorError(door, "timed_out");
  const isSuccess = end.kind === "called" && end.outcome.ok;
  if (live !== undefined && sink.hasHead) return isSuccess ? "streamed" : "broken_off";
  if (!isSuccess || !sink.hasBegun) return answerOf(door, end);
  return collected.answer ?? doorError(door, "function_failed");
}

/** The call, or why there is none. */
function askedCall(letIn: LetIn, { config, identity, functionCalls }: CallOptions): WaitingCall | DoorError {
  const { door, request, by, gone } = letIn;
  const fn = config().functions.get(door.functionName);
  // It was taken out while the body came, or is a container that nobody can wait for.
  if (fn === undefined || !functionCalls.canWaitFor(fn)) return "unavailable";
  const payload = Buffer.from(JSON.stringify(eventOf({ ...letIn, identity })));
  if (payload.length > (door.payload === "alb" ? ALB_EVENT_BYTES_MAX : EVENT_BYTES_MAX)) return "too_large";
  const { id, trace } = request;
  return { id, fn, payload, trace, by, gone, qualifier: door.qualifier, clientContext: undefined, wantsLog: false };
}

function answerOf(door: Door, end: InvokeEnd): HttpAnswer {
  if (end.kind === "refused") return doorError(door, end.reason === "stopped" ? "unavailable" : "throttled");
  const { outcome } = end;
  if (outcome.ok) {
    const { responseJson, beginsWithHead = false } = outcome;
    const answer = beginsWithHead ? answerCollectedElsewhere(responseJson) : functionAnswer(door, responseJson);
    return answer ?? doorError(door, "function_failed");
  }
  return doorError(door, outcome.reason === "throttled" ? "throttled" : "function_failed");
}
