import type { Identity } from "../../domain/arn.ts";
import { qualifierOf } from "../../domain/target/target.ts";
import { functionArn } from "../../domain/arn.ts";
import { xRayOfDelivery, xRayOfTraceparent } from "../../domain/event/trace.ts";
import { sandboxTimeout } from "../../domain/failure/lambda-failure.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import type { AnswerVerdict, Awaited, InHand } from "../../flow/hold/in-hand.ts";
import type { Invocation } from "../../ports/functions/functions.ts";
import { headerText } from "../../text/header-text.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import { judgeEnvironmentAnswer } from "./environment-answer.ts";
import type { NextRequest } from "./next-request.ts";

/**
 * The invocations in the hands of environments, by the function's name and the invocation's id.
 *
 * The id is that of the delivery, on every attempt, as on Lambda. A late answer to an attempt that overran its deadline may
 * come while the next attempt of the same delivery is in hand: it then counts as the answer to that one. It is an answer to
 * the same event, and the next attempt's own answer is refused.
 */
export type InvocationsInHand = InHand<Outcome | "gone">;

export interface HandOutOptions {
  readonly functionName: string;
  /** From now to the deadline, writing included. */
  readonly timeoutMs: number;
  readonly identity: Identity;
  readonly inHand: InvocationsInHand;
  /** Called with the invocation's headers when it is written. */
  readonly onGive?: (headers: Readonly<Record<string, string>>) => void;
  /** Called when the connection has taken the invocation. */
  readonly onGiven?: () => void;
}

/**
 * Gives an invocation to an environment that polls, and waits for the answer.
 *
 * @returns the outcome, or `gone` when the connection did not take the invocation. Rejects with the signal's reason when
 *   that fires. An answer that comes after either of those, or after the deadline, finds nothing in hand.
 */
export async function handOut(
  next: NextRequest,
  invocation: Invocation,
  { functionName, timeoutMs, identity, inHand, onGive, onGiven }: HandOutOptions,
  signal: AbortSignal,
): Promise<Outcome | "gone"> {
  signal.throwIfAborted();
  // In hand before a byte is written: the answer may be here before the writing is known to be done.
  const holding = inHand.hold(functionName, invocation.id, timeoutMs, invocation.sink);
  const arn = functionArn(identity, functionName, qualifierOf(invocation.destination));
  const headers = invocationHeaders(invocation, arn, holding.endsAtMs);
  onGive?.(headers);
  void next.give(headers, invocation.payload).then((isGiven) => {
    if (isGiven) onGiven?.();
    else holding.end("gone");
  });
  // A peer that has not read the invocation by the deadline must not find half of it later.
  const outcome = await holding.answer(signal, () => next.cut());
  return outcome ?? sandboxTimeout(invocation.id, timeoutMs);
}

/** The invocation that an environment's answer is for, or why there is none. */
export function awaitedAnswer(
  inHand: InvocationsInHand,
  functionName: string,
  id: string,
): Awaited<EnvironmentAnswer> | Exclude<AnswerVerdict, "taken"> {
  const awaited = inHand.find(functionName, id);
  if (typeof awaited === "string") return awaited;
  return { ...awaited, settle: (answer) => awaited.settle(judgeEnvironmentAnswer(id, answer)) };
}

/**
 * A client context comes from callers who wait only. The attempt is not put into a made-up one: runtimes that check its
 * fields, such as Rust's, would refuse the invocation. Nobody has a Cognito identity here.
 */
function invocationHeaders(
  { id, eventId, attempt, redriven, traceparent, isTest = false, clientContext }: Invocation,
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
    ...(isTest ? { "Busbar-Test": "true" } : {}),
    ...(clientContext === undefined ? {} : { "Lambda-Runtime-Client-Context": clientContext }),
    ...(xRay === undefined ? {} : { "Lambda-Runtime-Trace-Id": xRay }),
  };
}
