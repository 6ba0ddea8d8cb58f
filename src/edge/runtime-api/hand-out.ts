import type { Identity } from "../../domain/arn.ts";
import { functionArn } from "../../domain/arn.ts";
import type { Invocation } from "../../ports/functions.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import { xRayOfDelivery, xRayOfTraceparent } from "../../domain/event/trace.ts";
import { headerText } from "../../text/header-text.ts";
import { waitFor } from "../../async/time-limit.ts";
import { timedOut } from "./environment-answer.ts";
import type { InvocationsInHand } from "./in-hand.ts";
import type { NextRequest } from "./next-request.ts";

export interface HandOutOptions {
  readonly functionName: string;
  /** From now to the deadline, writing included. */
  readonly timeoutMs: number;
  readonly identity: Identity;
  readonly inHand: InvocationsInHand;
  readonly nowMs: () => number;
}

/**
 * Gives an invocation to the environment that waits, and waits for the answer.
 *
 * @returns what came of it, or `gone` when the connection did not take it. Rejects with the signal's reason when
 *   that fires. An answer that comes after either of those, or after the deadline, finds nothing in hand.
 */
export async function handOut(
  next: NextRequest,
  invocation: Invocation,
  { functionName, timeoutMs, identity, inHand, nowMs }: HandOutOptions,
  signal: AbortSignal,
): Promise<Outcome | "gone"> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<Outcome | "gone">();
  // In hand before a byte is written: the answer may be here before the writing is known to be done.
  const endsAtMs = nowMs() + timeoutMs;
  const letGo = inHand.hold({ functionName, id: invocation.id, endsAtMs, settle: resolve });
  const headers = invocationHeaders(invocation, functionArn(identity, functionName), endsAtMs);
  void next.give(headers, invocation.payloadJson).then((given) => {
    if (given) return;
    letGo();
    resolve("gone");
  });
  const onGiveUp = () => {
    letGo();
    // A peer that has not even read the invocation by now must not find half of it later.
    next.cut();
  };
  const outcome = await waitFor(promise, timeoutMs, { signal, onGiveUp });
  return outcome ?? timedOut(invocation.id, timeoutMs);
}

/**
 * A client context and a Cognito identity come with synchronous calls only, so there are none to pass on. The attempt
 * is not put into a made-up client context: runtimes that check its fields, such as Rust's, would refuse the invocation.
 */
function invocationHeaders(
  { id, eventId, attempt, redriven, traceparent }: Invocation,
  invokedFunctionArn: string,
  deadlineMs: number,
): Record<string, string> {
  const given = traceparent === undefined ? undefined : xRayOfTraceparent(traceparent);
  const xRay = given ?? xRayOfDelivery(id);
  return {
    "Lambda-Runtime-Aws-Request-Id": id,
    "Lambda-Runtime-Deadline-Ms": String(Math.round(deadlineMs)),
    "Lambda-Runtime-Invoked-Function-Arn": invokedFunctionArn,
    ...(eventId === undefined ? {} : { "Busbar-Event-Id": headerText(eventId) }),
    "Busbar-Attempt": String(attempt),
    ...(redriven === undefined ? {} : { "Busbar-Redriven": String(redriven) }),
    ...(xRay === undefined ? {} : { "Lambda-Runtime-Trace-Id": xRay }),
  };
}
