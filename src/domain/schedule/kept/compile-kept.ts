import type { Identity } from "../../arn.ts";
import { targetOfArn } from "../../arn.ts";
import type { Json } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";
import type { RetryPolicy } from "../../target/target.ts";
import { parseScheduleExpression } from "../expression.ts";
import type { Timing } from "../next-due.ts";
import type { Schedule, ScheduleTarget } from "../schedule.ts";
import { timeZoneOf } from "../time-zone.ts";
import type { KeptSchedule } from "./kept-schedule.ts";
import { scheduleName } from "./kept-schedule.ts";

const RETRIES_MAX = 185;
const AGE_SECONDS_MAX = 86_400;

/** Undefined when a router of another version wrote what this one cannot read. */
export function timingOf(
  kept: Pick<KeptSchedule, "expression" | "zone" | "startMs" | "endMs" | "createdMs">,
): Timing | undefined {
  const read = parseScheduleExpression(kept.expression, "scheduler");
  const zone = timeZoneOf(kept.zone);
  if (!read.ok || zone === undefined) return undefined;
  // Scheduler's first due time of a rate is its creation ("Schedule types in EventBridge Scheduler").
  const startMs = kept.startMs ?? (read.expression.kind === "rate" ? kept.createdMs : undefined);
  return {
    expression: read.expression,
    zone,
    ...(startMs === undefined ? {} : { startMs }),
    ...(kept.endMs === undefined ? {} : { endMs: kept.endMs }),
  };
}

/** A schedule of the API as files would have it; undefined where it cannot be read. */
export function compileKept(key: string, kept: KeptSchedule, identity: Identity): Schedule | undefined {
  const timing = timingOf(kept);
  if (timing === undefined) return undefined;
  return {
    name: scheduleName(key),
    ...(kept.description === undefined ? {} : { description: kept.description }),
    state: kept.state,
    expression: kept.expression,
    timing,
    ...(kept.windowMinutes === undefined ? {} : { windowMinutes: kept.windowMinutes }),
    target: targetOf(kept.target, identity),
    isKept: true,
  };
}

function targetOf(target: KeptSchedule["target"], identity: Identity): ScheduleTarget {
  const named = targetOfArn(identity, target.Arn);
  // Schedules put nothing into streams, except as rules do.
  const to = named.kind === "stream" ? ({ kind: "other", name: target.Arn } as const) : named;
  const letters = memberOf(target["DeadLetterConfig"], "Arn");
  const queue = typeof letters === "string" ? targetOfArn(identity, letters) : undefined;
  const source = memberOf(target["EventBridgeParameters"], "Source");
  const detailType = memberOf(target["EventBridgeParameters"], "DetailType");
  const group = memberOf(target["SqsParameters"], "MessageGroupId");
  const isBus = to.kind === "event-bus";
  const inputJson = target.Input ?? (isBus ? "{}" : undefined);
  return {
    to,
    ...(inputJson === undefined ? {} : { inputJson }),
    ...(isBus ? { event: { source: textOf(source), detailType: textOf(detailType) } } : {}),
    ...(to.kind === "queue" && typeof group === "string" ? { messageGroupId: group } : {}),
    retryPolicy: retryPolicyOf(target["RetryPolicy"]),
    ...(queue?.kind === "queue" ? { deadLetterQueue: queue.name } : {}),
  };
}

/** A target's retry policy, with Scheduler's defaults. */
export function retryPolicyOf(given: Json | undefined): RetryPolicy {
  const attempts = memberOf(given, "MaximumRetryAttempts");
  const age = memberOf(given, "MaximumEventAgeInSeconds");
  return {
    maximumRetryAttempts: typeof attempts === "number" ? attempts : RETRIES_MAX,
    maximumEventAgeInSeconds: typeof age === "number" ? age : AGE_SECONDS_MAX,
  };
}

function memberOf(object: Json | undefined, name: string): Json | undefined {
  return isJsonObject(object) ? object[name] : undefined;
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
