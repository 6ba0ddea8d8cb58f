import type { Config } from "../../src/domain/config.ts";
import type { BusEvent } from "../../src/domain/event/event.ts";
import type { Delivery } from "../../src/domain/delivery/delivery.ts";
import type { FunctionConfig } from "../../src/domain/target/function.ts";
import type { Rule } from "../../src/domain/rule/rule.ts";
import { ruleKey } from "../../src/domain/rule/rule.ts";
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
  rules?: readonly Rule[];
}): Config {
  const rules = parts.rules ?? [];
  const buses = ["default", ...(parts.buses ?? [])];
  return {
    eventBuses: new Map(buses.map((name) => [name, { name }])),
    functions: new Map((parts.functions ?? []).map((fn) => [fn.name, fn])),
    queues: new Map((parts.queues ?? []).map((name) => [name, { name }])),
    apiDestinations: new Map(),
    rules: new Map(rules.map((rule) => [ruleKey(rule.bus, rule.name), rule])),
    rulesByBus: new Map(buses.map((bus) => [bus, indexRules(rules.filter((rule) => rule.bus === bus))])),
  };
}
