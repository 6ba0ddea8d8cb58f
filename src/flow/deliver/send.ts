import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import { findTarget } from "../../domain/config.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { Failure, Outcome } from "../../domain/failure/outcome.ts";
import type { FailureReason } from "../../domain/failure/reason.ts";
import type { Policy } from "../../domain/target/policy.ts";
import { apiDestinationPolicy, functionPolicy, policyOfUnknown } from "../../domain/target/policy.ts";
import type { Target } from "../../domain/target/target.ts";
import type { JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import type { Invocation, PreparedCall } from "../../ports/functions.ts";
import type { Observer } from "../../ports/observer.ts";
import { render } from "../route/render.ts";

/** An attempt that was made, and what came of it. */
export interface Attempt {
  readonly delivery: Delivery;
  readonly target: Target | undefined;
  readonly policy: Policy;
  /** What the target was given, or would have been; the event itself when it could not be rendered. JSON in UTF-8. */
  readonly payload: Buffer;
  readonly outcome: Outcome;
  /** Whether the target was called at all. */
  readonly invoked: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export interface SendContext {
  readonly config: Config;
  readonly identity: Identity;
  readonly nowMs: () => number;
  readonly observer: Pick<Observer, "invocationStarted" | "invocationEnded">;
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
  const startedAtMs = context.nowMs();
  const { origin, destination, body } = delivery;
  const target = origin && findTarget(context.config, origin.bus, origin.rule, origin.target);
  const known = policyOf(delivery, target, context.config);
  const policy = known ?? policyOfUnknown(destination.kind);
  const planned = { delivery, target, policy, startedAtMs };
  if (known === undefined || (origin !== undefined && target === undefined)) {
    return uncalled(
      { ...planned, payload: body },
      failure("target_gone", `${nameOf(delivery)} is not in the configuration`),
    );
  }
  const rendered = renderFor(delivery, target, context);
  const attempt = { ...planned, payload: rendered.ok ? rendered.payload : body };
  if (startedAtMs - delivery.firstAtMs > policy.maximumEventAgeMs) {
    return uncalled(attempt, failure("expired", "the event waited longer than its maximum age"));
  }
  if (!rendered.ok) return uncalled(attempt, failure("template_error", rendered.message));
  const outcome = await invoke(delivery, rendered, call, context, signal);
  return outcome === "gone" ? "gone" : { ...attempt, outcome, invoked: true, endedAtMs: context.nowMs() };
}

/** An attempt that ends before the target is called. */
function uncalled(attempt: Omit<Attempt, "outcome" | "invoked" | "endedAtMs">, outcome: Failure): Attempt {
  return { ...attempt, outcome, invoked: false, endedAtMs: attempt.startedAtMs };
}

function failure(reason: FailureReason, message: string): Failure {
  return { ok: false, reason, message };
}

function nameOf({ origin, destination }: Delivery): string {
  return origin === undefined ? destination.name : `rule ${origin.bus}/${origin.rule}, target ${origin.target}`;
}

/** Undefined when the configuration does not have the destination. */
function policyOf({ destination }: Delivery, target: Target | undefined, config: Config): Policy | undefined {
  if (destination.kind === "api-destination") {
    return config.apiDestinations.has(destination.name) ? apiDestinationPolicy(target?.retryPolicy) : undefined;
  }
  const fn = config.functions.get(destination.name);
  return fn && functionPolicy(fn);
}

interface Payload {
  readonly ok: true;
  readonly payload: Buffer;
  /** The event that it was made of, for those who want that as well. */
  readonly event?: JsonObject;
}

/**
 * The bytes of the delivery are given as they are where nothing else is made of them: a whole event, a record on its
 * way from one function to another, a payload that is redriven. Only what is made of them needs their text.
 */
function renderFor(
  delivery: Delivery,
  target: Target | undefined,
  context: SendContext,
): Payload | { readonly ok: false; readonly message: string } {
  const { body, rendered, origin, firstAtMs, acceptedAtMs = firstAtMs } = delivery;
  if (origin === undefined || target === undefined) return { ok: true, payload: body };
  try {
    const wanted = wantsEvent(delivery, context.config);
    if (rendered !== undefined) {
      const { eventJson } = rendered;
      return {
        ok: true,
        payload: body,
        ...(wanted && eventJson !== undefined ? { event: parseEvent(eventJson) } : {}),
      };
    }
    const event = wanted ? { event: parseEvent(body.toString()) } : {};
    if (target.input.kind === "event") return { ok: true, payload: body, ...event };
    const made = render(target.input, { json: body.toString(), origin, acceptedAtMs, identity: context.identity });
    return made.ok ? { ok: true, payload: Buffer.from(made.json), ...event } : made;
  } catch (error) {
    return { ok: false, message: `the event could not be read: ${String(error)}` };
  }
}

/** Only a CloudEvent is made of the event besides the payload; for all others it need not be parsed. */
function wantsEvent({ destination }: Delivery, config: Config): boolean {
  if (destination.kind !== "function") return false;
  const run = config.functions.get(destination.name)?.run;
  return run?.kind === "http" && run.format === "cloudevents";
}

function parseEvent(json: string): JsonObject {
  const value: unknown = JSON.parse(json);
  if (!isJsonObject(value)) throw new Error("it is not a JSON object");
  return value;
}

async function invoke(
  delivery: Delivery,
  { payload, event }: Payload,
  call: PreparedCall,
  context: SendContext,
  signal: AbortSignal,
): Promise<Outcome | "gone"> {
  const invocation: Invocation = {
    id: delivery.id,
    ...(delivery.eventId === undefined ? {} : { eventId: delivery.eventId }),
    attempt: delivery.attempt,
    ...(delivery.redriven === undefined ? {} : { redriven: delivery.redriven }),
    destination: delivery.destination,
    payload,
    ...(event === undefined ? {} : { event }),
    ...(delivery.traceparent === undefined ? {} : { traceparent: delivery.traceparent }),
  };
  context.observer.invocationStarted(delivery);
  try {
    return await call(invocation, signal);
  } finally {
    context.observer.invocationEnded(delivery);
  }
}
