import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import { findTarget } from "../../domain/config.ts";
import type { AttemptTrace } from "../../domain/delivery/attempt-trace.ts";
import { callContext } from "../../domain/delivery/attempt-trace.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { TraceContext } from "../../domain/event/trace.ts";
import { traceOf } from "../../domain/event/trace.ts";
import type { Failure, Outcome } from "../../domain/failure/outcome.ts";
import type { FailureReason } from "../../domain/failure/reason.ts";
import type { Policy } from "../../domain/target/policy.ts";
import { apiDestinationPolicy, functionPolicy, maximumAgeMs, policyOfUnknown } from "../../domain/target/policy.ts";
import { trafficOf } from "../../domain/target/function-version.ts";
import type { Target } from "../../domain/target/target.ts";
import { qualifierOf } from "../../domain/target/target.ts";
import type { Invocation, PreparedCall } from "../../ports/functions/functions.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Traces } from "../../ports/traces.ts";
import type { Payload } from "./payload.ts";
import { payloadOf } from "./payload.ts";

/** An attempt that was made, and what came of it. */
export interface Attempt {
  readonly delivery: Delivery;
  /** What its rule or schedule says of its failures. */
  readonly target: Pick<Target, "retryPolicy" | "deadLetterQueue"> | undefined;
  readonly policy: Policy;
  /** What the target was given, or would have been; the event itself when it could not be rendered. JSON in UTF-8. */
  readonly payload: Buffer;
  readonly outcome: Outcome;
  /** Whether the target was called at all. */
  readonly invoked: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Whether the call was one with a list of events, which `batchEnded` has told of. */
  readonly isBatched?: true;
  /** Set where traces are recorded. */
  readonly trace?: AttemptTrace;
}

export interface SendContext {
  readonly config: Config;
  readonly identity: Identity;
  readonly nowMs: () => number;
  readonly observer: Pick<Observer, "invocationStarted" | "invocationEnded">;
  readonly traces?: Pick<Traces, "beginAttempt">;
}

/**
 * Renders the payload and calls the target. Every failure is an outcome.
 *
 * @returns `gone` when the target's poll went away: then nothing happened.
 * @throws when `signal` fires: the router stops and the attempt does not count.
 */
export async function send(
  delivery: Delivery,
  call: PreparedCall,
  context: SendContext,
  signal: AbortSignal,
): Promise<Attempt | "gone"> {
  const prepared = prepare(delivery, context);
  if (!prepared.isReady) return prepared.attempt;
  const { attempt, rendered } = prepared;
  const carried = attempt.trace === undefined ? traceOf(delivery) : callContext(attempt.trace);
  const invocation = invocationOf(delivery, rendered, carried);
  const outcome = await invoke(delivery, invocation, call, context, signal);
  return outcome === "gone" ? "gone" : { ...attempt, outcome, invoked: isCalled(outcome), endedAtMs: context.nowMs() };
}

/** A version whose circuit is open is not called, nor is one that a reload took out at this moment. */
export function isCalled(outcome: Outcome): boolean {
  return outcome.ok || (outcome.reason !== "circuit_open" && outcome.reason !== "target_gone");
}

/** An attempt that ends before the target is called, since somebody has decided how. */
export function sendNothing(delivery: Delivery, outcome: Failure, context: SendContext): Attempt {
  const prepared = prepare(delivery, context);
  return prepared.isReady ? uncalled(prepared.attempt, outcome) : prepared.attempt;
}

export type Uncalled = Omit<Attempt, "outcome" | "invoked" | "endedAtMs">;

type Prepared =
  | { readonly isReady: true; readonly attempt: Uncalled; readonly rendered: Payload }
  | { readonly isReady: false; readonly attempt: Attempt };

/** Looks up what is to be called and how, and renders what it is given. Where that fails, the attempt has ended. */
export function prepare(delivery: Delivery, context: SendContext): Prepared {
  const startedAtMs = context.nowMs();
  const { origin, schedule, destination, body } = delivery;
  const ruleTarget = origin && findTarget(context.config, origin.bus, origin.rule, origin.target);
  const target = ruleTarget ?? (schedule && (schedule.kept ?? context.config.schedules.get(schedule.name)?.target));
  const known = policyOf(delivery, target, context.config);
  const policy = known ?? policyOfUnknown(destination.kind);
  const trace = context.traces?.beginAttempt(delivery, startedAtMs);
  const planned = { delivery, target, policy, startedAtMs, ...(trace === undefined ? {} : { trace }) };
  if (known === undefined || (target === undefined && (origin ?? schedule) !== undefined)) {
    const gone = failure("target_gone", `${nameOf(delivery)} is not in the configuration`);
    return { isReady: false, attempt: uncalled({ ...planned, payload: body }, gone) };
  }
  const rendered = payloadOf(delivery, ruleTarget, context);
  const attempt = { ...planned, payload: rendered.ok ? rendered.payload : body };
  if (startedAtMs - delivery.firstAtMs > maximumAgeMs(policy, delivery)) {
    const expired = failure("expired", "the event waited longer than its maximum age");
    return { isReady: false, attempt: uncalled(attempt, expired) };
  }
  if (destination.kind === "function" && context.config.functions.get(destination.name)?.reservedConcurrency === 0) {
    const off = failure("switched_off", "the function's reserved concurrency is 0");
    return { isReady: false, attempt: uncalled(attempt, off) };
  }
  if (rendered.ok) return { isReady: true, attempt, rendered };
  return { isReady: false, attempt: uncalled(attempt, failure("template_error", rendered.message)) };
}

/** An attempt that ends before the target is called. */
function uncalled(attempt: Uncalled, outcome: Failure): Attempt {
  return { ...attempt, outcome, invoked: false, endedAtMs: attempt.startedAtMs };
}

function failure(reason: FailureReason, message: string): Failure {
  return { ok: false, reason, message };
}

function nameOf({ origin, schedule, destination }: Delivery): string {
  const qualifier = qualifierOf(destination);
  const name = qualifier === undefined ? destination.name : `${destination.name}:${qualifier}`;
  if (schedule !== undefined) return `schedule ${schedule.name} or its target ${name}`;
  if (origin === undefined) return name;
  const target = `rule ${origin.bus}/${origin.rule}, target ${origin.target}`;
  return qualifier === undefined ? target : `${target} or its function ${name}`;
}

/** Undefined when the configuration does not have the destination, or not the version or alias that is to be called. */
function policyOf({ destination }: Delivery, target: Attempt["target"], config: Config): Policy | undefined {
  if (destination.kind === "api-destination") {
    return config.apiDestinations.has(destination.name) ? apiDestinationPolicy(target?.retryPolicy) : undefined;
  }
  const fn = config.functions.get(destination.name);
  const isThere = fn !== undefined && trafficOf(fn, destination.qualifier) !== undefined;
  return isThere ? functionPolicy(fn, target?.retryPolicy) : undefined;
}

function invocationOf(
  delivery: Delivery,
  { payload, event, http }: Payload,
  carried: Partial<TraceContext>,
): Invocation {
  return {
    id: delivery.id,
    ...(delivery.eventId === undefined ? {} : { eventId: delivery.eventId }),
    attempt: delivery.attempt,
    ...(delivery.redriven === undefined ? {} : { redriven: delivery.redriven }),
    destination: delivery.destination,
    payload,
    ...(event === undefined ? {} : { event }),
    ...(http === undefined ? {} : { http }),
    ...carried,
    ...(delivery.test === undefined ? {} : { isTest: true }),
  };
}

async function invoke(
  delivery: Delivery,
  invocation: Invocation,
  call: PreparedCall,
  context: SendContext,
  signal: AbortSignal,
): Promise<Outcome | "gone"> {
  context.observer.invocationStarted(delivery);
  try {
    return await call(invocation, signal);
  } finally {
    context.observer.invocationEnded(delivery);
  }
}
