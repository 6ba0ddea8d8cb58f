import type { Identity } from "../../arn.ts";
import { isJsonObject, parseJson } from "../../../json/json.ts";
import type { JsonObject } from "../../../json/json.ts";
import type { RetryPolicy, TargetRef } from "../../target/target.ts";
import type { Schedule } from "../schedule.ts";
import { compileKept } from "./compile-kept.ts";
import type { KeptSchedule } from "./kept-schedule.ts";

/** A schedule of the store as a configuration file would have it, or why no file can. */
export type KeptEntry =
  { readonly ok: true; readonly entry: JsonObject } | { readonly ok: false; readonly reason: string };

const PROPERTIES: Readonly<Record<TargetRef["kind"], string>> = {
  function: "function",
  queue: "queue",
  stream: "stream",
  "api-destination": "apiDestination",
  "event-bus": "eventBus",
};

/**
 * Writes a schedule of the store as a configuration file would have it. A rate gets its creation as its start, from which it
 * counts. Roles, keys, and the deletion after completion are no part of files.
 *
 * @param key `GROUP/NAME`
 */
export function keptEntry(key: string, kept: KeptSchedule, identity: Identity): KeptEntry {
  const schedule = compileKept(key, kept, identity);
  if (schedule === undefined) return { ok: false, reason: "it was written by another version" };
  const { to, inputJson } = schedule.target;
  if (to.kind === "other") return { ok: false, reason: `its target is ${to.name}` };
  if (inputJson !== undefined && parseJson(inputJson) === undefined)
    return { ok: false, reason: "its input is no JSON" };
  const { startMs, endMs, expression } = schedule.timing;
  const isOnce = expression.kind === "at";
  return {
    ok: true,
    entry: {
      ...(kept.description === undefined ? {} : { description: kept.description }),
      ...(kept.state === "DISABLED" ? { state: "DISABLED" } : {}),
      scheduleExpression: kept.expression,
      ...(kept.zone === "UTC" ? {} : { scheduleExpressionTimezone: kept.zone }),
      ...(startMs === undefined || isOnce ? {} : { startDate: instant(startMs) }),
      ...(endMs === undefined || isOnce ? {} : { endDate: instant(endMs) }),
      ...(kept.windowMinutes === undefined
        ? {}
        : { flexibleTimeWindow: { mode: "FLEXIBLE", maximumWindowInMinutes: kept.windowMinutes } }),
      target: { [PROPERTIES[to.kind]]: to.name, ...targetEntry(schedule.target, kept.target) },
    },
  };
}

function targetEntry(
  { to, inputJson, event, messageGroupId, retryPolicy, deadLetterQueue }: Schedule["target"],
  given: KeptSchedule["target"],
): JsonObject {
  const isForBus = to.kind === "event-bus";
  const hasPolicy = isJsonObject(given["RetryPolicy"]) && !isForBus && retryPolicy !== undefined;
  return {
    // A text is taken as JSON itself, so that it is byte for byte what was given.
    ...(inputJson === undefined ? {} : { input: inputJson }),
    ...(event === undefined ? {} : { source: event.source, detailType: event.detailType }),
    ...(messageGroupId === undefined ? {} : { sqsParameters: { messageGroupId } }),
    ...(hasPolicy ? { retryPolicy: policyEntry(retryPolicy) } : {}),
    ...(deadLetterQueue === undefined ? {} : { deadLetterConfig: { queue: deadLetterQueue } }),
  };
}

function policyEntry({ maximumRetryAttempts, maximumEventAgeInSeconds }: RetryPolicy): JsonObject {
  return { maximumRetryAttempts, maximumEventAgeInSeconds };
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
