import { deflateRawSync } from "node:zlib";
import type { StreamConfig } from "../../src/domain/stream/stream.ts";
import type { Config } from "../../src/domain/config.ts";
import { managedRule } from "../../src/config/managed-rules.ts";
import type { Archive } from "../../src/domain/archive/archive.ts";
import type { BusEvent } from "../../src/domain/event/event.ts";
import type { Delivery } from "../../src/domain/delivery/delivery.ts";
import type { FunctionConfig } from "../../src/domain/target/function.ts";
import type { Mapping } from "../../src/domain/mapping/mapping.ts";
import type { Rule } from "../../src/domain/rule/rule.ts";
import { batchedFunctionsOf, deadLetterQueuesOf, hasPattern, ruleKey } from "../../src/domain/rule/rule.ts";
import { parseScheduleExpression } from "../../src/domain/schedule/expression.ts";
import type { Schedule } from "../../src/domain/schedule/schedule.ts";
import { UTC } from "../../src/domain/schedule/time-zone.ts";
import type { Target } from "../../src/domain/target/target.ts";
import { parsePattern } from "../../src/pattern/parse/parse.ts";
import { indexRules } from "../../src/pattern/rule-index.ts";

/** Configurations for tests, made in code: what the loader would make of the same YAML; and what is delivered by them. */

export const IDENTITY = { accountId: "000000000000", region: "us-east-1" };

export function sampleFunction(name: string, changes: Partial<FunctionConfig> = {}): FunctionConfig {
  return {
    name,
    run: { kind: "http", url: "http://127.0.0.1:9/", format: "event" },
    timeoutSeconds: 3,
    concurrency: 10,
    memorySize: 128,
    environment: {},
    maximumRetryAttempts: 2,
    maximumEventAgeInSeconds: 21_600,
    retryIntervalsSeconds: [60, 120],
    ...changes,
  };
}

export function sampleTarget(id: string, to: Target["to"], changes: Partial<Target> = {}): Target {
  return { id, to, input: { kind: "event" }, ...changes };
}

export function sampleRule(
  name: string,
  pattern: object,
  targets: readonly Target[],
  changes: Partial<Rule> = {},
): Rule {
  const patternJson = JSON.stringify(pattern);
  const parsed = parsePattern(patternJson);
  if (!parsed.ok) throw new Error(parsed.reason);
  return { bus: "default", name, state: "ENABLED", pattern: parsed.pattern, patternJson, targets, ...changes };
}

/** An event source mapping of a queue with Lambda's defaults. */
export function sampleMapping(name: string, queue: string, functionName: string): Mapping {
  return {
    name,
    source: { kind: "queue", queue },
    functionName,
    format: "sqs",
    batchSize: 10,
    batchWindowSeconds: 0,
    reportBatchItemFailures: false,
    filters: [],
    isEnabled: true,
  };
}

/** @param expression for the state ENABLED and UTC. */
export function sampleSchedule(
  name: string,
  expression: string,
  target: Schedule["target"],
  changes: Partial<Schedule> = {},
): Schedule {
  const read = parseScheduleExpression(expression, "scheduler");
  if (!read.ok) throw new Error(read.reason);
  const timing = { expression: read.expression, zone: UTC };
  return { name, state: "ENABLED", expression, timing, target, ...changes };
}

export function sampleEvent(changes: Partial<BusEvent> = {}): BusEvent {
  const json = changes.json ?? '{"source":"shop"}';
  return {
    id: "e-1",
    bus: "default",
    source: "shop",
    detailType: "Ordered",
    json,
    body: Buffer.from(json),
    acceptedAtMs: 1_000,
    ...changes,
  };
}

export function sampleDelivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    id: "d-1",
    destination: { kind: "function", name: "f" },
    body: Buffer.from("{}"),
    attempt: 1,
    countedRetries: 0,
    firstAtMs: 1,
    hops: 0,
    suspicions: 0,
    ...changes,
  };
}

export function sampleConfig(parts: {
  buses?: readonly string[];
  functions?: readonly FunctionConfig[];
  queues?: readonly string[];
  streams?: readonly StreamConfig[];
  rules?: readonly Rule[];
  schedules?: readonly Schedule[];
  archives?: readonly Archive[];
  mappings?: readonly Mapping[];
}): Config {
  const archives = parts.archives ?? [];
  const rules = [...(parts.rules ?? []), ...archives.map(managedRule)];
  const buses = ["default", ...(parts.buses ?? [])];
  return {
    eventBuses: new Map(buses.map((name) => [name, { name }])),
    functions: new Map((parts.functions ?? []).map((fn) => [fn.name, fn])),
    queues: new Map((parts.queues ?? []).map((name) => [name, { name }])),
    streams: new Map((parts.streams ?? []).map((stream) => [stream.name, stream])),
    apiDestinations: new Map(),
    httpRoutes: new Map(),
    mappings: new Map((parts.mappings ?? []).map((mapping) => [mapping.name, mapping])),
    schedules: new Map((parts.schedules ?? []).map((schedule) => [schedule.name, schedule])),
    archives: new Map(archives.map((archive) => [archive.name, archive])),
    rules: new Map(rules.map((rule) => [ruleKey(rule.bus, rule.name), rule])),
    document: { digest: "0123456789abcdef", bytes: 2, deflated: () => Promise.resolve(deflateRawSync("{}")) },
    rulesByBus: new Map(
      buses.map((bus) => [bus, indexRules(rules.filter(hasPattern).filter((rule) => rule.bus === bus))]),
    ),
    rulesWithPast: rules.filter(({ startFrom }) => startFrom !== undefined),
    batchedFunctions: new Set(rules.flatMap(batchedFunctionsOf)),
    ruleDeadLetterQueues: new Set(rules.flatMap(deadLetterQueuesOf)),
  };
}
