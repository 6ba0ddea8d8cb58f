import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import { findTarget } from "../../domain/config.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { Invocation, PreparedCall } from "../../ports/functions.ts";
import type { JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import type { Policy } from "../../domain/target/policy.ts";
import { apiDestinationPolicy, functionPolicy } from "../../domain/target/policy.ts";
import type { FailureReason } from "../../domain/failure/reason.ts";
import type { Target } from "../../domain/target/target.ts";
import { render } from "../route/render.ts";

/** An attempt that was made, and what came of it. */
export interface Attempt {
  readonly delivery: Delivery;
  readonly target: Target | undefined;
  readonly policy: Policy;
  /** What the target was given, or would have been; the event itself when it could not be rendered. */
  readonly payloadJson: string;
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
  const prepared = prepare(delivery, startedAtMs, context);
  const base = {
    delivery,
    target: prepared.target,
    policy: prepared.policy,
    payloadJson: prepared.payloadJson,
    startedAtMs,
  };
  if (prepared.failure !== undefined) {
    return { ...base, outcome: prepared.failure, invoked: false, endedAtMs: startedAtMs };
  }
  const outcome = await invoke(delivery, prepared, call, context, signal);
  return outcome === "gone" ? "gone" : { ...base, outcome, invoked: true, endedAtMs: context.nowMs() };
}

interface Prepared {
  readonly target: Target | undefined;
  readonly policy: Policy;
  readonly payloadJson: string;
  readonly event?: JsonObject;
  /** Why the target must not be called. */
  readonly failure?: Outcome;
}

function prepare(delivery: Delivery, nowMs: number, context: SendContext): Prepared {
  const { origin } = delivery;
  const target = origin && findTarget(context.config, origin.bus, origin.rule, origin.target);
  const policy = policyOf(delivery, target, context.config);
  const raw = { target, policy, payloadJson: delivery.body };
  if (policy === undefined || (origin !== undefined && target === undefined)) {
    const what =
      origin === undefined ? delivery.destination.name : `rule ${origin.bus}/${origin.rule}, target ${origin.target}`;
    return {
      ...raw,
      policy: policy ?? apiDestinationPolicy(),
      failure: fail("target_gone", `${what} is not in the configuration`),
    };
  }
  const known = { ...raw, policy };
  const rendered = renderFor(delivery, target, context);
  const payload = rendered.ok ? { ...known, payloadJson: rendered.json } : known;
  if (nowMs - delivery.firstAtMs > policy.maximumEventAgeMs) {
    return { ...payload, failure: fail("expired", "the event waited longer than its maximum age") };
  }
  if (!rendered.ok) return { ...known, failure: fail("template_error", rendered.message) };
  return rendered.event === undefined ? payload : { ...payload, event: rendered.event };
}

function fail(reason: FailureReason, message: string): Outcome {
  return { ok: false, reason, message };
}

function policyOf({ destination }: Delivery, target: Target | undefined, config: Config): Policy | undefined {
  if (destination.kind === "api-destination") {
    return config.apiDestinations.has(destination.name) ? apiDestinationPolicy(target?.retryPolicy) : undefined;
  }
  const fn = config.functions.get(destination.name);
  return fn && functionPolicy(fn);
}

type RenderedPayload =
  | { readonly ok: true; readonly json: string; readonly event?: JsonObject }
  | { readonly ok: false; readonly message: string };

/** A record on its way from one function to another, and a payload that is redriven, are given as they are. */
function renderFor(delivery: Delivery, target: Target | undefined, context: SendContext): RenderedPayload {
  const { body, rendered, origin, firstAtMs, acceptedAtMs = firstAtMs } = delivery;
  if (origin === undefined || target === undefined) return { ok: true, json: body };
  if (rendered !== undefined) {
    const event = wantsEvent(delivery, context.config) ? rendered.eventJson : undefined;
    return { ok: true, json: body, ...(event === undefined ? {} : { event: parseEvent(event) }) };
  }
  try {
    const rendered = render(target.input, { json: body, origin, acceptedAtMs, identity: context.identity });
    return rendered.ok && wantsEvent(delivery, context.config) ? { ...rendered, event: parseEvent(body) } : rendered;
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
  prepared: Prepared,
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
    payloadJson: prepared.payloadJson,
    ...(prepared.event === undefined ? {} : { event: prepared.event }),
    ...(delivery.traceparent === undefined ? {} : { traceparent: delivery.traceparent }),
  };
  context.observer.invocationStarted(delivery);
  try {
    return await call(invocation, signal);
  } finally {
    context.observer.invocationEnded(delivery);
  }
}
