import { createHash } from "node:crypto";
import type { Identity } from "../../../../domain/arn.ts";
import { serviceOfArn, targetOfArn } from "../../../../domain/arn.ts";
import { isFifoQueue } from "../../../../domain/queue/fifo.ts";
import { parseScheduleExpression } from "../../../../domain/schedule/expression.ts";
import type { KeptSchedule } from "../../../../domain/schedule/kept/kept-schedule.ts";
import { timeZoneOf } from "../../../../domain/schedule/time-zone.ts";
import type { Json } from "../../../../json/json.ts";
import { isJsonObject, parseJson } from "../../../../json/json.ts";
import type { AwsError } from "../../errors.ts";
import { commonError } from "../../errors.ts";
import { epochMsOf, shown } from "../../input/shapes.ts";
import type { GivenSchedule, GivenScheduleTarget } from "./schedule-shape.ts";
import { TARGET_MEMBERS } from "./schedule-shape.ts";

/** A start may lie so far in the past: the request was on its way. */
const START_AGE_MS_MAX = 300_000;

export interface CheckedBy {
  readonly identity: Identity;
  readonly nowMs: number;
  /** What an update replaces. */
  readonly before?: KeptSchedule;
}

/**
 * A schedule as it is stored: what is left out has its default, in an update too.
 *
 * @throws AwsError `ValidationException`
 */
export function checkedSchedule(given: GivenSchedule, { identity, nowMs, before }: CheckedBy): KeptSchedule {
  const isOnce = checkedExpression(given.ScheduleExpression) === "at";
  const zone = given.ScheduleExpressionTimezone ?? "UTC";
  if (timeZoneOf(zone) === undefined) throw invalid(`The ScheduleExpressionTimezone ${shown(zone)} is not valid.`);
  const changedMs = wholeSeconds(nowMs);
  return {
    expression: given.ScheduleExpression,
    zone,
    state: given.State ?? "ENABLED",
    ...(typeof given.Description === "string" ? { description: given.Description } : {}),
    ...checkedDates(given, isOnce, nowMs, before),
    ...checkedWindow(given),
    isDeletedAfter: given.ActionAfterCompletion === "DELETE",
    ...(typeof given.KmsKeyArn === "string" ? { kmsKeyArn: given.KmsKeyArn } : {}),
    target: checkedTarget(identity, given.Target),
    createdMs: before?.createdMs ?? changedMs,
    changedMs,
    made: before?.made ?? madeBy(given),
  };
}

function checkedExpression(text: string): "rate" | "cron" | "at" {
  const read = parseScheduleExpression(text, "scheduler");
  if (!read.ok) throw invalid(`Invalid Schedule Expression ${text}.`);
  return read.expression.kind;
}

/** Those of a one-time schedule are ignored. */
function checkedDates(
  { StartDate, EndDate }: GivenSchedule,
  isOnce: boolean,
  nowMs: number,
  before: KeptSchedule | undefined,
): Pick<KeptSchedule, "startMs" | "endMs"> {
  const startMs = epochMsOf(StartDate ?? null);
  const endMs = epochMsOf(EndDate ?? null);
  if (isOnce) return {};
  if (startMs !== undefined && startMs < nowMs - START_AGE_MS_MAX && wholeSeconds(startMs) !== before?.startMs)
    throw invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
  if (startMs !== undefined && endMs !== undefined && endMs < startMs)
    throw invalid("The EndDate you specify cannot be earlier than the StartDate.");
  return {
    ...(startMs === undefined ? {} : { startMs: wholeSeconds(startMs) }),
    ...(endMs === undefined ? {} : { endMs: wholeSeconds(endMs) }),
  };
}

function checkedWindow({ FlexibleTimeWindow }: GivenSchedule): Pick<KeptSchedule, "windowMinutes"> {
  const { Mode, MaximumWindowInMinutes: windowMinutes } = FlexibleTimeWindow;
  if (Mode === "OFF") return {};
  if (typeof windowMinutes === "number") return { windowMinutes };
  const place = "flexibleTimeWindow.maximumWindowInMinutes";
  throw invalid(
    `1 validation error detected: Value null at '${place}' failed to satisfy constraint: Member must not be null`,
  );
}

/** The members of the model that were given. */
function checkedTarget(identity: Identity, given: GivenScheduleTarget): KeptSchedule["target"] {
  const problem = targetProblem(identity, given);
  if (problem !== undefined) throw invalid(problem);
  const members = Object.keys(TARGET_MEMBERS).flatMap((name) => {
    const value = (given as Readonly<Record<string, Json | undefined>>)[name] ?? null;
    return value === null ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(members), Arn: given.Arn };
}

function targetProblem(
  identity: Identity,
  { Arn, Input, EventBridgeParameters, SqsParameters, DeadLetterConfig }: GivenScheduleTarget,
): string | undefined {
  if (serviceOfArn(Arn) === undefined) return "Provided Arn is not in correct format.";
  const { kind, name } = targetOfArn(identity, Arn);
  const json = typeof Input === "string" ? parseJson(Input) : {};
  if ((kind === "function" || kind === "api-destination") && json === undefined)
    return "The Input of the target must be JSON.";
  if (kind === "event-bus" && !isJsonObject(json))
    return "The Input of the target must be a JSON object: it is the detail of an event.";
  if (kind === "event-bus" && (EventBridgeParameters ?? null) === null)
    return "EventBridgeParameters must be specified for a target that is an event bus.";
  if (kind === "queue" && isFifoQueue(name) && (SqsParameters?.MessageGroupId ?? null) === null)
    return "SqsParameters with a MessageGroupId must be specified for a target that is a FIFO queue.";
  if (DeadLetterConfig?.Arn?.endsWith(".fifo") === true) return "The dead-letter queue must be a standard queue.";
  return undefined;
}

/** What makes a request the same as another one. */
function madeBy({ ClientToken, ...request }: GivenSchedule): KeptSchedule["made"] {
  const digest = createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 32);
  return { digest, ...(typeof ClientToken === "string" ? { token: ClientToken } : {}) };
}

function wholeSeconds(epochMs: number): number {
  return Math.floor(epochMs / 1_000) * 1_000;
}

function invalid(message: string): AwsError {
  return commonError("ValidationException", message);
}
